//! The part of a result that clients are answered with, which can be stored with their key.

use crate::Timestamp;
use crate::field::InvalidField;
use crate::idempotency::Replayable;
use crate::payload::Payload;

use super::id::CaseId;
use super::qr::QrIssue;
use super::snapshot::CaseResult;
use super::state::StateName;

/// The answer to a granted request. It holds no QR token, which can be derived again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrantedCase {
    /// The case.
    pub case: CaseId,
    /// Its state after the request.
    pub state: StateName,
    /// Its QR code, while it waits for the scan.
    pub qr: Option<QrIssue>,
    /// Whether this request opened it.
    pub opened: bool,
}

impl From<CaseResult> for GrantedCase {
    fn from(CaseResult { case, opened }: CaseResult) -> Self {
        let state = case.state.name();
        let qr = (state == StateName::New).then_some(case.qr);
        Self { case: case.id, state, qr, opened }
    }
}

/// The version of the payload that is written now.
const VERSION: i32 = 1;

impl Replayable for GrantedCase {
    fn to_payload(&self) -> Option<Payload> {
        let case = self.case.to_string();
        let mut payload =
            Payload::new(VERSION, [("case", case.as_str()), ("state", self.state.as_str())]);
        if let Some(QrIssue { serial, expires_at }) = self.qr {
            payload = payload
                .with("qrSerial", serial.to_string())
                .with("qrExpiresAt", expires_at.to_string());
        }
        Some(if self.opened { payload.with("opened", "") } else { payload })
    }

    fn from_payload(payload: &Payload) -> Result<Self, InvalidField> {
        payload.must_be_version(VERSION)?;
        let state = StateName::parse(payload.get("state")?);
        let serial = payload.find("qrSerial").map(str::parse).transpose();
        let expires_at = payload.find("qrExpiresAt").map(str::parse::<Timestamp>).transpose();
        let serial = serial.map_err(|_| InvalidField::new("qrSerial", "must be a number"))?;
        let expires_at =
            expires_at.map_err(|_| InvalidField::new("qrExpiresAt", "must be a time"))?;
        Ok(Self {
            case: CaseId::parse(payload.get("case")?)?,
            state: state.ok_or(InvalidField::new("state", "must be a state of a case"))?,
            qr: serial.zip(expires_at).map(|(serial, at)| QrIssue { serial, expires_at: at }),
            opened: payload.find("opened").is_some(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_reads_back() {
        let qr = QrIssue { serial: 3, expires_at: Timestamp::from_microsecond(1_234_567).unwrap() };
        let opened = GrantedCase {
            case: CaseId::from_u128(7),
            state: StateName::New,
            qr: Some(qr),
            opened: true,
        };
        let passed =
            GrantedCase { state: StateName::CustomerSuccess, qr: None, opened: false, ..opened };
        for answer in [opened, passed] {
            let payload = answer.to_payload().unwrap();
            assert_eq!(GrantedCase::from_payload(&payload), Ok(answer));
            for name in ["case", "state"] {
                let broken = payload.clone().with(name, "canary");
                let error = GrantedCase::from_payload(&broken).unwrap_err();
                assert!(!error.to_string().contains("canary"), "{error}");
            }
        }
        let broken = opened.to_payload().unwrap().with("qrSerial", "-1");
        assert!(GrantedCase::from_payload(&broken).is_err());
        let newer = Payload { version: VERSION + 1, ..opened.to_payload().unwrap() };
        assert!(GrantedCase::from_payload(&newer).is_err());
    }
}
