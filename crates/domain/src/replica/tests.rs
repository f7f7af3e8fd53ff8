//! A table of what the two servers answered, and what it means.

use super::*;

const MAX: Duration = Duration::from_secs(30);

fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_000_000 + second).unwrap()
}

fn database() -> DatabaseIdentity {
    DatabaseIdentity { cluster: "7".into(), name: "main".into() }
}

fn primary(position: i64, second: i64) -> PrimarySample {
    let position = LogPosition(position);
    PrimarySample { database: database(), timeline: 2, position, at: at(second) }
}

fn replica(replayed: i64, second: i64) -> ReplicaSample {
    ReplicaSample {
        database: database(),
        timeline: 2,
        is_recovering: true,
        replayed: Some(LogPosition(replayed)),
        replayed_at: Some(at(second)),
    }
}

/// The primary was asked at seconds 0, 10 and 20, and was at positions 100, 200 and 300.
fn history(begun: Instant) -> PrimaryHistory {
    let mut history = PrimaryHistory::default();
    for (second, position) in [(0, 100), (10, 200), (20, 300)] {
        history.add(begun + seconds(second), primary(position, second.cast_signed()));
    }
    history
}

#[test]
fn what_the_servers_answer_has_this_meaning() {
    use ReplicaRefusal as Why;
    let usable = |lag| ReplicaState::Usable { lag: seconds(lag) };
    let behind = |lag| ReplicaState::Refused { why: Why::Behind, lag: Some(seconds(lag)) };
    let refused = ReplicaState::refused;
    let other = DatabaseIdentity { cluster: "8".into(), ..database() };
    let named = DatabaseIdentity { name: "other".into(), ..database() };
    let unknown = ReplicaSample { replayed: None, replayed_at: None, ..replica(0, 0) };
    // Each at second 21, or later.
    let table = [
        ("all is replayed", replica(300, 0), 21, usable(1)),
        ("more than all is replayed", replica(305, 20), 21, usable(1)),
        ("a moment later", replica(300, 20), 25, usable(5)),
        ("an earlier position is replayed", replica(299, 19), 21, usable(11)),
        ("the oldest position is replayed", replica(100, 0), 30, usable(30)),
        ("just over the limit", replica(100, 0), 31, behind(31)),
        ("nothing new while the primary is away", replica(300, 20), 60, behind(40)),
        ("no position is replayed", replica(99, -5), 21, usable(26)),
        ("hours behind", replica(1, -7200), 21, behind(7221)),
        ("a clock that went back", replica(99, 22), 21, refused(Why::LagUnknown)),
        ("nothing is known", unknown, 21, refused(Why::LagUnknown)),
        (
            "promoted",
            ReplicaSample { is_recovering: false, ..replica(300, 20) },
            21,
            refused(Why::NotAReplica),
        ),
        (
            "another cluster",
            ReplicaSample { database: other, ..replica(300, 20) },
            21,
            refused(Why::OtherDatabase),
        ),
        (
            "another database",
            ReplicaSample { database: named, ..replica(300, 20) },
            21,
            refused(Why::OtherDatabase),
        ),
        (
            "follows a server that was promoted later",
            ReplicaSample { timeline: 3, ..replica(300, 20) },
            21,
            refused(Why::OtherTimeline),
        ),
        (
            "has more of an older timeline, and cannot follow",
            ReplicaSample { timeline: 1, ..replica(900, 20) },
            21,
            refused(Why::OtherTimeline),
        ),
    ];
    let begun = Instant::now();
    for (what, sample, second, expected) in table {
        let state = history(begun).assess(begun + seconds(second), &sample, MAX);
        assert_eq!(state, expected, "{what}");
    }
    assert_eq!((usable(1).refusal(), usable(1).lag()), (None, Some(seconds(1))));
    assert_eq!((behind(31).refusal(), behind(31).lag()), (Some(Why::Behind), Some(seconds(31))));
    assert_eq!(refused(Why::LagUnknown).lag(), None);
}

#[test]
fn without_the_primary_the_lag_is_unknown() {
    let state = PrimaryHistory::default().assess(Instant::now(), &replica(300, 20), MAX);
    assert_eq!(state, ReplicaState::refused(ReplicaRefusal::LagUnknown));
}

#[test]
fn positions_of_another_timeline_are_not_compared() {
    let begun = Instant::now();
    let mut history = history(begun);
    // A server that was promoted before it had replayed all.
    let promoted = PrimarySample { timeline: 3, ..primary(250, 21) };
    history.add(begun + seconds(21), promoted);
    let sample = ReplicaSample { timeline: 3, ..replica(240, 15) };
    let state = history.assess(begun + seconds(22), &sample, MAX);
    assert_eq!(state, ReplicaState::Usable { lag: seconds(7) }, "by its times only");
}

#[test]
fn an_hour_of_samples_is_kept() {
    let (begun, mut history) = (Instant::now(), PrimaryHistory::default());
    for second in 0..4000 {
        history.add(begun + seconds(second), primary(second.cast_signed(), second.cast_signed()));
    }
    assert_eq!(history.0.len(), PrimaryHistory::MAX_SAMPLES);
    let state = history.assess(begun + seconds(4000), &replica(1000, 0), seconds(7200));
    assert_eq!(state.lag(), Some(seconds(3000)));
}
