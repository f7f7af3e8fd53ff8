//! The outcomes that two people can give an effect which the machine cannot finish.

use crate::closed_set::closed_set;

closed_set! {
    /// An outcome that two people decide.
    pub enum ManualOutcome {
        /// The other system has applied the order.
        Confirmed = "Confirmed",
        /// The other system has not applied the order, and it is not sent again.
        Rejected = "Rejected",
        /// The order is sent again, under the same id.
        Planned = "Planned",
    }
}
