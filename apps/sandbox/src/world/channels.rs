//! The list of channels: a new channel is one line here and a file of its own.

mod esb;
mod lookup;
mod smtp;

use super::channel::Channel;

pub(super) use smtp::Conversation;

/// All channels, in the order in which messages to the user name them.
pub(super) static CHANNELS: [&dyn Channel; 4] =
    [&esb::Esb, &lookup::Lookup::Context, &lookup::Lookup::Owner, &smtp::Smtp];

/// The channel with this name.
///
/// # Errors
/// A message that starts with `channel: ` and names the known ones.
pub(super) fn find(name: &str) -> Result<&'static dyn Channel, String> {
    CHANNELS.into_iter().find(|channel| channel.name() == name).ok_or_else(|| {
        let known = CHANNELS.map(Channel::name).join(", ");
        format!("channel: `{name}` is not known; the known channels are: {known}")
    })
}
