// What a report's charts need of ECharts, and no more: see build.mjs.
import {use, init} from "echarts/core";
import {LineChart, BarChart} from "echarts/charts";
import {GridComponent, TooltipComponent} from "echarts/components";
import {SVGRenderer} from "echarts/renderers";

use([LineChart, BarChart, GridComponent, TooltipComponent, SVGRenderer]);
globalThis.echarts = {init};
