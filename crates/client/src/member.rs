//! Members: register and read.

use madoguchi_domain::redacted;
use serde::{Deserialize, Serialize};

use crate::answer::{ApiAnswer, ClientError};
use crate::client::{Client, segment};

redacted!(RegisterMember, MemberAnswer);

/// A registration.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegisterMember {
    /// The bank's id of the member.
    pub member_id: String,
    /// The core bank's id of the account.
    pub arrangement_id: String,
    /// The core bank's name of the product; the server has a default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_name: Option<String>,
    /// The current account level, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
}

/// A member.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MemberAnswer {
    /// The bank's id of the member.
    pub member_id: String,
    /// The core bank's id of the account.
    pub arrangement_id: String,
    /// The core bank's name of the product.
    pub product_name: String,
    /// The current account level; empty if there is none.
    pub level: String,
    /// Where it comes from: `REGISTERED`, `CORE_BANK` or `MANUAL`. Empty from an older server.
    #[serde(default)]
    pub level_source: String,
    /// The level of a passed verdict that the core bank has not confirmed yet.
    pub target_level: Option<String>,
}

impl RegisterMember {
    /// A member with the default product and no level.
    #[must_use]
    pub fn new(member_id: impl Into<String>, arrangement_id: impl Into<String>) -> Self {
        let (member_id, arrangement_id) = (member_id.into(), arrangement_id.into());
        Self { member_id, arrangement_id, product_name: None, level: None }
    }
}

impl Client {
    /// `registerMember`: 201, or 200 if it was registered before.
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn register(
        &self,
        member: &RegisterMember,
    ) -> Result<ApiAnswer<MemberAnswer>, ClientError> {
        self.post("/api/v1/members", member).await
    }

    /// `readMember`.
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn member(&self, member_id: &str) -> Result<ApiAnswer<MemberAnswer>, ClientError> {
        self.get(&format!("/api/v1/members/{}", segment(member_id)?)).await
    }
}
