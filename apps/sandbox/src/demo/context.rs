//! The servers and the screen of the demo.

use crate::screen::Screen;
use crate::stack::Stack;
use crate::world::EsbMode;

/// What the journeys share: the running servers and the screen.
pub(super) struct DemoContext {
    pub(super) stack: Stack,
    pub(super) screen: Screen,
    pub(super) esb: EsbMode,
}
