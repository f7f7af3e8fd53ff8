//! Which effects are due and which are overdue: the same SQL for both databases.
//!
//! Every branch of `or` names the kind, so that SQLite can search each by an index. States are
//! literals, because partial indexes match literals only.

use diesel::sql_types::Bool;
use madoguchi_domain::effect::Outcome;

use super::row::{OrderRow, StateRow};
use crate::database::statement::{Columns, Part};

/// The binds of both selections: kind, time, limit.
pub(crate) const ASK: &[Part] = &[Part::Sql("with ask (kind, now, most) as (select ")];

/// The SQL types of a due effect.
pub(crate) type Due = (<OrderRow<'static> as Columns>::Sql, <StateRow as Columns>::Sql);

/// The SQL types of an overdue effect, and whether it is proven applied.
pub(crate) type OverdueRow =
    (<OrderRow<'static> as Columns>::Sql, <StateRow as Columns>::Sql, Bool);

/// Whether the evidence of any worker proves that `e` was applied.
const IS_PROVEN: Part = Part::All(&[
    Part::Sql(
        "exists (select 1 from effect_evidence v \
         where v.kind = e.kind and v.id = e.id and v.outcome = '",
    ),
    Part::Sql(Outcome::APPLIED),
    Part::Sql("')"),
]);

/// Due effects, oldest first. Left out: those proven applied, which the sweeper confirms, and those
/// of a queue in which another one may have been sent and is not settled, or was planned earlier.
pub(crate) const DUE: &[Part] = &[
    Part::Sql(") select "),
    Part::Of("e", OrderRow::COLUMNS),
    Part::Sql(", "),
    Part::Of("e", StateRow::COLUMNS),
    Part::Sql(
        " from effect e where e.kind = (select kind from ask) and e.state = 'Planned' \
         and e.due_at <= (select now from ask) and (e.fence = 0 or not ",
    ),
    IS_PROVEN,
    Part::Sql(
        ") and (e.ordering = 'one_live' or not exists (select 1 from effect o \
         where o.kind = e.kind and o.ordering_key = e.ordering_key and o.ordering = 'queue' \
         and (o.state = 'Sending' or o.state = 'Unknown' or o.state = 'Manual' \
             or o.state = 'Planned' and o.ambiguous > 0 and o.id <> e.id \
             or o.state = 'Planned' and e.ambiguous = 0 and (o.planned_at < e.planned_at \
                 or o.planned_at = e.planned_at and o.id < e.id)))) \
         order by e.due_at limit (select most from ask)",
    ),
];

/// Effects that need a decision of the sweeper. Rows without `due_at` are included, because they
/// cannot be parsed. `Manual` rows come last: each sweep may return them again.
pub(crate) const OVERDUE: &[Part] = &[
    Part::Sql(") select "),
    Part::Of("e", OrderRow::COLUMNS),
    Part::Sql(", "),
    Part::Of("e", StateRow::COLUMNS),
    Part::Sql(", "),
    IS_PROVEN,
    Part::Sql(
        " from effect e where (e.kind = (select kind from ask) \
             and (e.state = 'Sending' or e.state = 'Unknown') \
             and e.due_at <= (select now from ask)) \
         or (e.kind = (select kind from ask) \
             and (e.state = 'Unknown' or e.state = 'Manual') and ",
    ),
    IS_PROVEN,
    Part::Sql(") or (e.kind = (select kind from ask) and e.state = 'Planned' and e.fence > 0 and "),
    IS_PROVEN,
    Part::Sql(
        ") or (e.kind = (select kind from ask) \
             and (e.state = 'Planned' or e.state = 'Sending' or e.state = 'Unknown') \
             and e.due_at is null) \
         order by e.state = 'Manual', e.due_at nulls first limit (select most from ask)",
    ),
];
