//! The servers and the screen of the demo.

use madoguchi_client::Client;

use crate::screen::Screen;
use crate::stack::Stack;
use crate::world::EsbOptions;

/// What the journeys share: the running servers and the screen.
pub(super) struct DemoContext {
    pub(super) stack: Stack,
    pub(super) screen: Screen,
    pub(super) esb: EsbOptions,
}

impl DemoContext {
    /// A client of the API with this token.
    pub(super) fn as_user(&self, token: &str) -> Client {
        self.stack.api.with_token(token)
    }
}
