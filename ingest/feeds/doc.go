// Package feeds knows what systems beside the ERP hand over, whoever made
// them: warehouse, carriers, CRM, shop, integration platform; and a feed of the
// user's own. It does not know any vendor's tables, nor how files get here.
//
// A feed is a preset: a neutral table contract (tables.yaml), a mapping to the
// order-to-cash model (mapping.sql), a sample. Feeds and ERP meet by business
// keys alone: keys.sql has how.
package feeds
