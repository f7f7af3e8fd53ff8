//! The query that compares the heads of the audit log with its last rows, for both databases.

/// Counts the heads whose row is missing, another one, or not the last of its stream; one more
/// if there is no head.
pub(super) const WRONG_AUDIT_HEADS: &str = "select count(*) filter (where \
        (head.seq > 0 and last.link is distinct from head.link) or next.seq is not null) \
        + case when count(*) = 0 then 1 else 0 end as wrong \
    from audit_head as head \
    left join audit_entry as last on last.stream = head.stream and last.seq = head.seq \
    left join audit_entry as next on next.stream = head.stream and next.seq = head.seq + 1";
