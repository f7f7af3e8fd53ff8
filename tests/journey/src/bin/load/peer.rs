//! Runs pgbench for comparison, with the writes of one verdict as prepared statements. It parses no
//! HTTP, checks no token and computes no hash: the best case for one commit per verdict.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};
use madoguchi_testkit::server::postgres::Cluster;

/// The result of one round.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bench {
    /// Transactions per second.
    pub(crate) rate: f64,
    /// Mean duration of a transaction, in milliseconds.
    pub(crate) mean_ms: f64,
}

/// Each client has its own cases and audit stream, so that no client waits for another's lock.
const SCRIPT: &str = "\
\\set i :i + 1
\\set n :first + :client_id * :each + :i
begin;
select c.case_id, c.state, c.version, m.member_id, m.arrangement_id, m.product_name \
    from members m join upgrade_case c on c.member_id = m.member_id \
    where m.member_id = 'MEMBER-' || lpad((:n)::text, 8, '0') \
    order by c.attempt desc limit 1 \\gset
update upgrade_case set state = 'CustomerSuccess', version = version + 1, decided_at = now(), \
    target_level = '1A' where case_id = :case_id and version = 2 and state = 'EDDASuccess';
insert into upgrade_history (case_id, version, from_state, to_state, why, actor_issuer, \
    actor_subject, actor_kind, at, correlation) values (:case_id, 3, 'EDDASuccess', \
    'CustomerSuccess', 'passed', 'journey', 'agent', 'HUMAN', now(), \
    '0123456789abcdef0123456789abcdef');
insert into effect (kind, id, subject_kind, subject_id, ordering, ordering_key, upstream_id, \
    payload_version, payload, correlation, planned_at, state, fence, due_at, unsent, ambiguous, \
    ambiguous_us, since) values \
    ('SetLevel', :case_id, 'case', null, 'one_live', :arrangement_id, \
    'T' || lpad((:n)::text, 25, '0'), 1, '{\"level\":\"1A\",\"memberId\":\"' || \
    :member_id || '\",\"productName\":\"' || :product_name || '\",\"txnNo\":\"DA21' || \
    lpad((:n)::text, 16, '0') || '\"}', \
    '0123456789abcdef0123456789abcdef', now(), 'Planned', 0, now(), 0, 0, 0, now());
update members set target_level = '1A' where member_id = :member_id;
select seq + 1 as seq from audit_head where stream = :client_id for update \\gset
insert into audit_entry (stream, seq, action, about_kind, about_id, detail, actor_issuer, \
    actor_subject, actor_kind, at, correlation, link) values (:client_id, :seq, 'case.moved', \
    'case', :case_id, 'CustomerSuccess', 'journey', 'agent', 'HUMAN', now(), \
    '0123456789abcdef0123456789abcdef', decode(repeat('00', 32), 'hex'));
update audit_head set seq = :seq, link = decode(repeat('00', 32), 'hex') \
    where stream = :client_id;
commit;
";

/// An audit stream for each client.
pub(crate) const STREAMS: &str = "insert into audit_head (stream, seq, link) \
    select n, 0, decode(repeat('00', 32), 'hex') from generate_series(16, 127) n";

/// Writes verdicts on the first `cases` members.
pub(crate) fn bench(
    cluster: &Cluster,
    url: &str,
    cases: usize,
    clients: usize,
    seconds: u32,
) -> anyhow::Result<Bench> {
    let dir = tempfile::tempdir()?;
    let script = dir.path().join("verdict.sql");
    std::fs::write(&script, SCRIPT)?;
    let output = pgbench(cluster)
        .args(["--no-vacuum", "--protocol", "prepared", "--jobs", "2"])
        .args(["--client", &clients.to_string(), "--time", &seconds.to_string()])
        .args(["--define", "i=-1", "--define", "first=1"])
        .args(["--define", &format!("each={}", cases / clients)])
        .arg("--file")
        .arg(&script)
        .arg(url)
        .output()
        .context("pgbench comes with PostgreSQL's server package: is it installed?")?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let wrong = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() || wrong.contains("ERROR") || wrong.contains("aborted") {
        bail!("pgbench: {wrong}{said}");
    }
    read(&said).with_context(|| format!("pgbench says something else: {said}"))
}

fn pgbench(cluster: &Cluster) -> Command {
    let own: &Path = &cluster.bin_dir().join("pgbench");
    // Some packages install it outside the server's program directory.
    Command::new(if own.is_file() { own } else { Path::new("pgbench") })
}

fn read(said: &str) -> Option<Bench> {
    let number = |before: &str| {
        let line = said.lines().find_map(|line| line.strip_prefix(before))?;
        line.split_whitespace().next()?.parse().ok()
    };
    Some(Bench { rate: number("tps = ")?, mean_ms: number("latency average = ")? })
}

/// The median round by rate.
pub(crate) fn median(mut rounds: Vec<Bench>) -> anyhow::Result<Bench> {
    rounds.sort_by(|a, b| a.rate.total_cmp(&b.rate));
    rounds.get(rounds.len() / 2).copied().context("there was no round")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_of_pgbench_are_read() {
        let said = "number of failed transactions: 0 (0.000%)\nlatency average = 12.615 ms\n\
                    initial connection time = 37.312 ms\n\
                    tps = 2536.742 (without initial connection time)\n";
        assert_eq!(read(said), Some(Bench { rate: 2536.742, mean_ms: 12.615 }));
        assert_eq!(read("pgbench: error"), None);
    }
}
