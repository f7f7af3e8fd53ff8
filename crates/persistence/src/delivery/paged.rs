//! The filters, the order and the limit that all queries of the delivery watch have.

/// The rows of `query`, by the columns of their person, their time and their id.
macro_rules! paged {
    ($rows:expr, $query:expr, $person:expr, $at:expr, $id:expr) => {{
        use madoguchi_domain::delivery::{WatchFilter, WatchQuery};
        use madoguchi_domain::page::ListPosition;

        use crate::database::column::{At, Key};

        let WatchQuery { filter, after, limit } = $query;
        let WatchFilter { person, from, before, reason: _ } = filter;
        let rows = $rows.order(($at.desc(), $id.desc())).limit((*limit).into());
        let mut rows = rows.into_boxed();
        if let Some(person) = person {
            rows = rows.filter($person.eq(person.expose()));
        }
        if let Some(from) = from {
            rows = rows.filter($at.ge(At::from(*from)));
        }
        if let Some(before) = before {
            rows = rows.filter($at.lt(At::from(*before)));
        }
        if let Some(ListPosition { at, id }) = after {
            // The first condition bounds the range of the index; two alternatives do not.
            let (at, id) = (At::from(*at), Key(*id));
            rows = rows.filter($at.le(at)).filter($at.lt(at).or($id.lt(id)));
        }
        rows
    }};
}

pub(crate) use paged;
