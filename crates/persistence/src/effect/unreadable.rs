//! Rows of effects that cannot be parsed: they are set aside, so that they do not block the others.

use jiff::SignedDuration;
use madoguchi_domain::act::Act;
use madoguchi_domain::audit::Subject;
use madoguchi_domain::correlation::CorrelationId;
use madoguchi_domain::effect::{
    Effect, EffectId, EffectKey, EffectKind, EffectPolicy, EffectStateName as Name, Fence, Overdue,
};
use madoguchi_domain::port::EffectChange;

use super::row::{OrderRow, StateRow, parse};
use super::transition::Guarded;
use crate::consequence;
use crate::database::column::{Chars, Count};

/// A row that cannot be parsed.
#[derive(Debug)]
pub(crate) struct UnreadableRow {
    /// An effect with what could be parsed. Whatever its state was, its outcome is unknown.
    effect: Effect,
    /// The state and the fence in the row: it is set aside only if they are unchanged.
    state: Chars<'static>,
    fence: Count,
}

/// A round of work on effects of one kind.
pub(crate) struct Round<'a> {
    pub(crate) kind: &'a EffectKind,
    pub(crate) policy: &'a EffectPolicy,
    pub(crate) act: &'a Act,
}

impl Round<'_> {
    /// Parses a row into the effects, or logs why it cannot be parsed and keeps it aside.
    fn sort<T>(
        &self,
        (order, state): (OrderRow<'_>, StateRow),
        effects: &mut Vec<T>,
        aside: &mut Vec<UnreadableRow>,
        found: impl FnOnce(Effect) -> T,
    ) {
        let unreadable = self.unreadable(&order, &state);
        match parse(order, state) {
            Ok(effect) => effects.push(found(effect)),
            Err(error) => {
                let effect = &unreadable.effect.order.key;
                tracing::error!(%effect, %error, "an effect's row cannot be parsed");
                aside.push(unreadable);
            }
        }
    }

    fn unreadable(&self, order: &OrderRow<'_>, state: &StateRow) -> UnreadableRow {
        let key = EffectKey { kind: self.kind.clone(), id: EffectId(order.id.0) };
        let subject = order.subject();
        let subject = subject.unwrap_or_else(|| Subject::new("effect", key.to_string()));
        let correlation = CorrelationId::parse(&order.correlation).ok();
        let effect = Effect {
            correlation: correlation.unwrap_or_else(|| self.act.correlation.clone()),
            fence: Fence(within(state.fence)),
            unsent: within(state.unsent),
            ambiguous: within(state.ambiguous),
            ambiguous_for: SignedDuration::from_micros(state.ambiguous_us),
            ..Effect::unreadable(key, subject, self.act)
        };
        UnreadableRow { effect, state: state.state.clone(), fence: state.fence }
    }

    /// Splits rows into effects and unreadable rows.
    pub(crate) fn split(
        &self,
        rows: Vec<(OrderRow<'_>, StateRow)>,
    ) -> (Vec<Effect>, Vec<UnreadableRow>) {
        let (mut effects, mut aside) = (Vec::with_capacity(rows.len()), Vec::new());
        for row in rows {
            self.sort(row, &mut effects, &mut aside, |effect| effect);
        }
        (effects, aside)
    }

    /// The same for overdue rows, each with whether it is proven applied.
    pub(crate) fn split_overdue(
        &self,
        rows: Vec<(OrderRow<'_>, StateRow, bool)>,
    ) -> (Vec<Overdue>, Vec<UnreadableRow>) {
        let (mut overdue, mut aside) = (Vec::with_capacity(rows.len()), Vec::new());
        for (order, state, proven_applied) in rows {
            let found = |effect| Overdue { effect, proven_applied };
            // An unreadable `Manual` row is skipped: it is already set aside.
            if *state.state == *Name::Manual.as_str() {
                overdue.extend(parse(order, state).ok().map(found));
                continue;
            }
            self.sort((order, state), &mut overdue, &mut aside, found);
        }
        (overdue, aside)
    }

    /// The changes that set unreadable rows aside.
    pub(crate) fn set_aside(&self, rows: Vec<UnreadableRow>) -> Vec<Guarded> {
        let changes = rows.into_iter().filter_map(|UnreadableRow { effect, state, fence }| {
            let mut change: EffectChange = effect.set_aside(self.policy, self.act).ok()?;
            change.write.consequence = consequence::of_unreadable(&change.write.after);
            Some(Guarded { change, from: state, fence })
        });
        changes.collect()
    }
}

/// The nearest count that can be parsed.
fn within(count: Count) -> i32 {
    i32::try_from(count.0.clamp(0, i64::from(i32::MAX) - 1)).unwrap_or_default()
}
