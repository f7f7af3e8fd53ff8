//! A transition to write, and the state that its row must be in.

use madoguchi_domain::effect::Evidence;
use madoguchi_domain::port::{EffectChange, Recorded};

/// A change with the text of the state that it was decided on. A row that cannot be parsed may be
/// in a state without a name.
#[derive(Debug)]
pub(crate) struct Guarded {
    pub(crate) change: EffectChange,
    pub(crate) from: String,
}

impl From<EffectChange> for Guarded {
    fn from(change: EffectChange) -> Self {
        let from = change.write.from.as_str().to_owned();
        Self { change, from }
    }
}

impl Guarded {
    /// The evidence to write, if the change was recorded like this.
    pub(crate) fn evidence(&self, recorded: Recorded) -> Option<&Evidence> {
        let evidence = self.change.write.evidence.as_ref();
        evidence.filter(|it| recorded == Recorded::Written || it.is_kept_when_fenced_out())
    }
}

/// The changes that were written.
pub(crate) fn written<'a>(
    changes: &'a [Guarded],
    recorded: &'a [Recorded],
) -> impl Iterator<Item = &'a EffectChange> + Send {
    let both = changes.iter().zip(recorded);
    both.filter(|(_, it)| **it == Recorded::Written).map(|(guarded, _)| &guarded.change)
}
