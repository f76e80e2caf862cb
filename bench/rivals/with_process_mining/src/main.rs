//! Alignments of a log with a net by the crate process_mining:
//! with_process_mining LOG.xes NET.pnml
//!
//! As its documentation has it: the standard costs and at most 100,000 states a
//! trace, which are its defaults, on all processors. Reading the two files and
//! freeing memory are not timed; counting variants is.

use std::time::Instant;

use process_mining::conformance::alignments::{align_empty_trace, align_log, AlignmentOptions};
use process_mining::core::event_data::case_centric::utils::activity_projection::log_to_activity_projection;
use process_mining::{EventLog, Importable, PetriNet};
use serde_json::json;

/// User and system time of all threads, in seconds.
fn cpu() -> f64 {
    let mut u: libc::rusage = unsafe { std::mem::zeroed() };
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut u) };
    let seconds = |t: libc::timeval| t.tv_sec as f64 + t.tv_usec as f64 / 1e6;
    seconds(u.ru_utime) + seconds(u.ru_stime)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().collect();
    let log = EventLog::import_from_path(&args[1])?;
    let net = PetriNet::import_from_path(&args[2])?;
    let options = AlignmentOptions::default();
    let mut inside = Vec::new();
    let mut measures = json!({});
    let mut variants = 0;
    for _ in 0..3 {
        let (before, start) = (cpu(), Instant::now());
        let found = align_log(&net, &log_to_activity_projection(&log), &options);
        let least = align_empty_trace(&net, &options)?.cost as f64;
        let (wall, took) = (start.elapsed().as_secs_f64(), cpu() - before);
        inside.push(json!({"wall_s": wall, "cpu_s": took}));
        // compute_fitness refuses a log with a trace that is not solved, so
        // fitness is that of those which are, by its formula.
        let (mut cost, mut fitness, mut cases, mut unsolved) = (0, 0.0, 0, 0);
        variants = found.len();
        for v in &found {
            match &v.result {
                Ok(a) => {
                    cost += a.cost as u64 * v.frequency;
                    cases += v.frequency;
                    fitness += v.frequency as f64 * (1.0 - a.cost as f64 / (v.activities.len() as f64 + least));
                }
                Err(_) => unsolved += 1,
            }
        }
        measures = json!({"fitness": fitness / cases as f64, "cost": cost, "unsolved": unsolved});
        if wall > 10.0 {
            break;
        }
    }
    let events: usize = log.traces.iter().map(|t| t.events.len()).sum();
    println!(
        "{}",
        json!({"inside": inside, "cases": log.traces.len(), "events": events, "distinct": variants, "measures": measures})
    );
    Ok(())
}
