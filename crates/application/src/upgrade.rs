//! The account upgrade: its use cases, and the delivery of its orders to the core bank.

mod lane;
mod members;
mod missing;
mod reconciliation;
mod service;
mod set_level;
mod setup;

pub use lane::{DecisionLane, GroupCommitSettings};
pub use members::MemberService;
pub use missing::MissingSetLevel;
pub use reconciliation::{ComparedMember, Reconciliation};
pub use service::{CaseView, Opened, UpgradeService};
pub use set_level::SetLevelDelivery;
pub use setup::{InvalidSetup, RunningUpgrades, UpgradeOptions, UpgradeSetup};
