//! Prints results as a table with each ratio and its target.

use std::io::Write;

use crate::firing::Round;

/// One line of a table.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// Number of connections on each side.
    pub(crate) connections: usize,
    /// The server's result.
    pub(crate) ours: Round,
    /// The other side's rate, per second.
    pub(crate) theirs: f64,
    /// The target ratio, if there is one.
    pub(crate) target: Option<f64>,
}

/// Prints a table.
pub(crate) fn show(title: &str, other: &str, rows: &[Row]) {
    println!("\n{title}\n");
    println!("| connections | verdicts/s | p50 | p99 | {other} | ratio | target |");
    println!("|---|---|---|---|---|---|---|");
    for Row { connections, ours, theirs, target } in rows {
        let ms = |wait: std::time::Duration| format!("{:.1} ms", wait.as_secs_f64() * 1e3);
        let target = target.map_or_else(|| "none".to_owned(), |ratio| format!("{ratio}"));
        println!(
            "| {connections} | {:.0} | {} | {} | {theirs:.0} | {:.2} | {target} |",
            ours.rate,
            ms(ours.p50),
            ms(ours.p99),
            ours.rate / theirs
        );
    }
    println!();
}

/// Prints a line below a table.
pub(crate) fn note(text: &str) {
    println!("{text}");
}

/// Prints progress, flushed so that it also appears through a pipe.
pub(crate) fn progress(text: &str) {
    println!("  {text}");
    // A closed pipe is not an error.
    let _ = std::io::stdout().flush();
}
