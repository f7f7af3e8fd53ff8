//! The rows of legal holds.

use madoguchi_domain::contact::{ApplicationId, Mark};
use madoguchi_domain::person::PersonId;
use madoguchi_domain::port::{Sealer, StoreError};
use madoguchi_domain::retention::{HoldId, HoldReason, HoldSubject, HoldSubjectKind, LegalHold};
use madoguchi_domain::sealed::{DataKeyId, WrappedKey};

use crate::database::column::{At, Key};
use crate::database::parse::{actor, corrupt, moment, opened, parsed_or_corrupt};
use crate::database::schema::legal_hold;
use crate::database::statement::row;
use crate::vault::row::DataKeyRow;
use crate::vault::sealed_row::SealedRow;

row! {
    pub(crate) struct HoldRow in legal_hold {
        hold_id: Key,
        subject_kind: String,
        subject_id: String,
        data_key_id: Key,
        reason: Vec<u8>,
        placed_at: At,
        placed_issuer: String,
        placed_subject: String,
        placed_kind: String,
    }
}

row! {
    #[derive(diesel::AsChangeset)]
    pub(crate) struct ReleaseRow in legal_hold {
        released_at: Option<At>,
        released_issuer: Option<String>,
        released_subject: Option<String>,
        released_kind: Option<String>,
    }
}

const fn cells<'a>(sealer: &'a dyn Sealer, key: &'a WrappedKey, id: Key) -> SealedRow<'a> {
    SealedRow { sealer, key, table: "legal_hold", row: id.0 }
}

fn open_reason(
    sealer: &dyn Sealer,
    key: Option<DataKeyRow>,
    id: Key,
    reason: Vec<u8>,
) -> Result<Option<HoldReason>, StoreError> {
    const PLACE: &str = "legal_hold.reason";
    let (_, key) = key.ok_or(corrupt("legal_hold.data_key_id"))?.parse()?;
    let [reason] = cells(sealer, &key, id).open([("reason", Some(reason))], PLACE)?;
    opened(reason, HoldReason::parse, PLACE)
}

impl HoldRow {
    pub(crate) fn seal(
        sealer: &dyn Sealer,
        key: &WrappedKey,
        hold: &LegalHold,
    ) -> Result<Self, StoreError> {
        let id = Key(hold.id.0);
        let reason = hold.reason.as_ref().map(HoldReason::expose);
        let [reason] = cells(sealer, key, id).seal([("reason", reason)])?;
        Ok(Self {
            hold_id: id,
            subject_kind: hold.subject.kind().as_str().to_owned(),
            subject_id: hold.subject.expose().to_owned(),
            data_key_id: Key(hold.data_key.0),
            reason: reason.unwrap_or_default(),
            placed_at: hold.placed.at.into(),
            placed_issuer: hold.placed.by.issuer.to_string(),
            placed_subject: hold.placed.by.subject.to_string(),
            placed_kind: hold.placed.by.kind.as_str().to_owned(),
        })
    }

    pub(crate) fn open(
        self,
        sealer: &dyn Sealer,
        key: Option<DataKeyRow>,
        release: &ReleaseRow,
    ) -> Result<LegalHold, StoreError> {
        let subject = self.subject()?;
        let reason = match open_reason(sealer, key, self.hold_id, self.reason) {
            Err(StoreError::Corrupt(place)) => {
                tracing::error!(hold = %self.hold_id.0, place, "the reason cannot be read");
                None
            }
            other => other?,
        };
        let [issuer, who, kind] = [&self.placed_issuer, &self.placed_subject, &self.placed_kind];
        let by = actor(issuer, who, kind, "legal_hold.placed_kind")?;
        Ok(LegalHold {
            id: HoldId(self.hold_id.0),
            subject,
            reason,
            data_key: DataKeyId(self.data_key_id.0),
            placed: Mark { by, at: moment(self.placed_at, "legal_hold.placed_at")? },
            released: release.parse()?,
        })
    }

    fn subject(&self) -> Result<HoldSubject, StoreError> {
        const PLACE: &str = "legal_hold.subject_kind or subject_id";
        let id = &*self.subject_id;
        let subject = match HoldSubjectKind::parse(&self.subject_kind) {
            Some(HoldSubjectKind::Person) => PersonId::parse(id).ok().map(HoldSubject::Person),
            Some(HoldSubjectKind::Application) => {
                ApplicationId::parse(id).ok().map(HoldSubject::Application)
            }
            None => None,
        };
        parsed_or_corrupt(subject, PLACE)
    }
}

impl From<&Mark> for ReleaseRow {
    fn from(mark: &Mark) -> Self {
        Self {
            released_at: Some(mark.at.into()),
            released_issuer: Some(mark.by.issuer.to_string()),
            released_subject: Some(mark.by.subject.to_string()),
            released_kind: Some(mark.by.kind.as_str().to_owned()),
        }
    }
}

impl ReleaseRow {
    fn parse(&self) -> Result<Option<Mark>, StoreError> {
        const PLACE: &str = "legal_hold.released_at and who released it";
        let Self { released_at, released_issuer, released_subject, released_kind } = self;
        match (released_at, released_issuer, released_subject, released_kind) {
            (None, None, None, None) => Ok(None),
            (Some(at), Some(issuer), Some(subject), Some(kind)) => {
                let by = actor(issuer, subject, kind, PLACE)?;
                Ok(Some(Mark { by, at: moment(*at, PLACE)? }))
            }
            (_, _, _, _) => Err(corrupt(PLACE)),
        }
    }
}
