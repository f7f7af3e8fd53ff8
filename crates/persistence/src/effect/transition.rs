//! A transition to write, and the state that its row must be in.

use madoguchi_domain::effect::{Effect, Evidence};
use madoguchi_domain::port::{EffectChange, Recorded};

use crate::database::column::{Chars, Count};

/// A change with the state and the fence that it was decided on, as the row has them: a row that
/// cannot be parsed may have others than a change can name.
#[derive(Debug, Clone)]
pub(crate) struct Guarded {
    pub(crate) change: EffectChange,
    pub(crate) from: Chars<'static>,
    pub(crate) fence: Count,
}

impl From<EffectChange> for Guarded {
    fn from(change: EffectChange) -> Self {
        let (from, fence) = (change.write.from.as_str().into(), change.write.expected.0.into());
        Self { change, from, fence }
    }
}

impl Guarded {
    /// The change without the effects that follow from it, because they cannot be planned.
    pub(crate) fn without_followers(self) -> Self {
        let effect = &self.change.write.after.order.key;
        tracing::error!(%effect, "the effects that follow from this one cannot be planned");
        let change = EffectChange { effects: Vec::new(), ..self.change };
        Self { change, ..self }
    }

    /// The evidence to write, if the change was recorded like this.
    pub(crate) fn evidence(&self, recorded: Recorded) -> Option<&Evidence> {
        let evidence = self.change.write.evidence.as_ref();
        evidence.filter(|it| recorded == Recorded::Written || it.is_kept_when_fenced_out())
    }
}

/// The effects after the first `claims` changes, as far as they were written.
pub(crate) fn claimed(changes: Vec<Guarded>, recorded: &[Recorded], claims: usize) -> Vec<Effect> {
    let both = changes.into_iter().zip(recorded).take(claims);
    let written = both.filter(|(_, it)| **it == Recorded::Written);
    written.map(|(guarded, _)| guarded.change.write.after).collect()
}

/// The changes that were written.
pub(crate) fn written<'a>(
    changes: &'a [Guarded],
    recorded: &'a [Recorded],
) -> impl Iterator<Item = &'a EffectChange> + Send {
    let both = changes.iter().zip(recorded);
    both.filter(|(_, it)| **it == Recorded::Written).map(|(guarded, _)| &guarded.change)
}
