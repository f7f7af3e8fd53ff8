//! Every metric of the process: registered at start, so that the first event is an increase.

use madoguchi_domain::mail::MailOrder;
use madoguchi_domain::port::DownReason;
use madoguchi_domain::upgrade::SetLevel;
use metrics::{Label, Unit};

/// A label, and the values that it can have.
type Values = (&'static str, &'static [&'static str]);

enum Kind {
    /// A counter, which begins at 0 for every combination of its labels' values.
    Total(&'static [Values]),
    /// It begins with what its task counts.
    Gauge,
    Histogram,
}

struct Metric {
    name: &'static str,
    kind: Kind,
    help: &'static str,
}

const REQUESTS: &str = "madoguchi_http_requests_total";
const REQUEST_DURATION: &str = "madoguchi_http_request_duration_seconds";

const LISTENERS: Values = ("listener", &["api", "admin"]);
const KINDS: Values = ("kind", &[SetLevel::KIND_NAME, MailOrder::KIND_NAME]);

const ALL: [Metric; 22] = [
    Metric {
        name: REQUESTS,
        kind: Kind::Total(&[("route", &[])]),
        help: "Responses, by route pattern and status.",
    },
    Metric {
        name: REQUEST_DURATION,
        kind: Kind::Histogram,
        help: "Duration of requests, by route pattern.",
    },
    Metric {
        name: "madoguchi_http_connections",
        kind: Kind::Gauge,
        help: "Open client connections.",
    },
    Metric {
        name: "madoguchi_http_connections_closed_total",
        kind: Kind::Total(&[
            LISTENERS,
            (
                "reason",
                &[
                    "keep_alive_timeout",
                    "head_timeout",
                    "body_timeout",
                    "write_timeout",
                    "linger_timeout",
                    "request_timeout",
                    "evicted",
                ],
            ),
        ]),
        help: "Connections that the server closed.",
    },
    Metric {
        name: "madoguchi_http_connections_refused_total",
        kind: Kind::Total(&[LISTENERS, ("limit", &["address", "all"])]),
        help: "Connections rejected by a limit.",
    },
    Metric {
        name: "madoguchi_http_malformed_requests_total",
        kind: Kind::Total(&[(
            "rule",
            &[
                "syntax",
                "target",
                "host",
                "content_length",
                "transfer_encoding",
                "chunk",
                "too_large",
                "head_timeout",
            ],
        )]),
        help: "Requests that are not valid HTTP, by the rule they break.",
    },
    Metric {
        name: "madoguchi_dependency_up",
        kind: Kind::Gauge,
        help: "Whether a dependency does its work: 1 or 0.",
    },
    Metric {
        name: "madoguchi_dependency_failed_checks_total",
        kind: Kind::Total(&[("dependency", &["store"]), ("reason", &DOWN_REASONS)]),
        help: "Checks that found a dependency down, by reason.",
    },
    Metric {
        name: "madoguchi_lookups_total",
        kind: Kind::Total(&[
            ("what", &["contextos", "codigo"]),
            (
                "outcome",
                &[
                    "found",
                    "refused",
                    "not_found",
                    "failed",
                    "misconfigured",
                    "unreachable",
                    "timed_out",
                    "status",
                    "unreadable",
                    "busy",
                    "circuit_open",
                ],
            ),
        ]),
        help: "Lookups at the upstream system.",
    },
    Metric {
        name: "madoguchi_lookup_duration_seconds",
        kind: Kind::Histogram,
        help: "Duration of lookups, retries included.",
    },
    Metric {
        name: "madoguchi_gateway_logins_total",
        kind: Kind::Total(&[("outcome", &["cached", "accepted", "rejected", "overloaded"])]),
        help: "User names and passwords presented to the gateway.",
    },
    Metric {
        name: "madoguchi_effect_attempts_total",
        kind: Kind::Total(&[
            KINDS,
            ("outcome", &["applied", "refused", "not_sent", "not_due", "unknown", "withdrawn"]),
        ]),
        help: "Outcomes of attempts to deliver effects.",
    },
    Metric {
        name: "madoguchi_effects_stuck_total",
        kind: Kind::Total(&[KINDS]),
        help: "Effects that this process moved to Manual: people must resolve them.",
    },
    Metric {
        name: "madoguchi_effects",
        kind: Kind::Gauge,
        help: "Effects without a final outcome, by state.",
    },
    Metric {
        name: "madoguchi_effect_oldest_age_seconds",
        kind: Kind::Gauge,
        help: "Age of the oldest effect without a final outcome, by state.",
    },
    Metric {
        name: "madoguchi_contact_approvals_waiting",
        kind: Kind::Gauge,
        help: "Contacts that wait for approval, by age.",
    },
    Metric {
        name: "madoguchi_contact_approval_oldest_age_seconds",
        kind: Kind::Gauge,
        help: "How long the longest of them waits.",
    },
    Metric {
        name: "madoguchi_replica_lag_seconds",
        kind: Kind::Gauge,
        help: "How old a list from the replica may be.",
    },
    Metric {
        name: "madoguchi_list_reads_total",
        kind: Kind::Total(&[("source", &["primary", "replica"])]),
        help: "Pages of lists, by where they were read.",
    },
    Metric {
        name: "madoguchi_reloads_total",
        kind: Kind::Total(&[
            ("file", &["tokens", "users", "key_ring"]),
            ("outcome", &["ok", "failed"]),
        ]),
        help: "Files that were read again on SIGHUP.",
    },
    Metric {
        name: "madoguchi_log_lines_lost_total",
        kind: Kind::Total(&[]),
        help: "Log lines that standard error did not accept.",
    },
    Metric {
        name: "madoguchi_contradictions_total",
        kind: Kind::Total(&[]),
        help: "Verdicts and reports that contradict the recorded one.",
    },
];

const DOWN_REASONS: [&str; DownReason::ALL.len()] = {
    let mut names = [""; DownReason::ALL.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = DownReason::ALL[at].as_str();
        at += 1;
    }
    names
};

/// Describes every metric, and registers those whose labels are known: of requests, with these
/// route patterns and statuses.
pub(crate) fn register(answers: impl Iterator<Item = (String, u16)>) {
    for (route, status) in answers {
        let _registered = metrics::histogram!(REQUEST_DURATION, "route" => route.clone());
        let labels = [("route", route), ("status", status.to_string())];
        metrics::counter!(REQUESTS, &labels).increment(0);
    }
    for Metric { name, kind, help } in &ALL {
        match kind {
            Kind::Total(labels) => {
                metrics::describe_counter!(*name, *help);
                for labels in combinations(labels) {
                    metrics::counter!(*name, labels).increment(0);
                }
            }
            Kind::Gauge => metrics::describe_gauge!(*name, *help),
            Kind::Histogram => metrics::describe_histogram!(*name, Unit::Seconds, *help),
        }
    }
}

fn combinations(labels: &[Values]) -> Vec<Vec<Label>> {
    labels.iter().fold(vec![Vec::new()], |all, (name, values)| {
        let with = |labels: &Vec<Label>, value| {
            let mut labels = labels.clone();
            labels.push(Label::new(*name, value));
            labels
        };
        all.iter().flat_map(|labels| values.iter().map(move |it| with(labels, *it))).collect()
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The names in the first column of the table of metrics.
    fn documented() -> BTreeSet<&'static str> {
        let page = include_str!("../../../../docs/operations.md");
        let rows = page.lines().filter_map(|line| line.strip_prefix("| `madoguchi_"));
        let names = rows.filter_map(|row| row.split('`').next());
        names.collect()
    }

    #[test]
    fn every_metric_is_documented_and_described_once() {
        let named = ALL.iter().filter_map(|metric| metric.name.strip_prefix("madoguchi_"));
        let named: Vec<_> = named.collect();
        assert_eq!(named.len(), ALL.len());
        assert_eq!(named.iter().copied().collect::<BTreeSet<_>>(), documented());
        for Metric { name, kind, .. } in &ALL {
            let is_counter = matches!(kind, Kind::Total(_));
            assert_eq!(is_counter, name.ends_with("_total"), "{name}");
        }
    }

    #[test]
    fn a_counter_begins_for_every_combination_of_its_labels() {
        let labels: [Values; 2] = [("a", &["1", "2"]), ("b", &["x", "y", "z"])];
        assert_eq!(combinations(&labels).len(), 6);
        assert_eq!(combinations(&[]), [Vec::<Label>::new()]);
        assert_eq!(combinations(&[("route", &[])]), Vec::<Vec<Label>>::new());
    }
}
