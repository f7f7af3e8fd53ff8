//! The row of a resolution.

use madoguchi_domain::actor::ActorKind;
use madoguchi_domain::approval::{ContentSalt, Editors};
use madoguchi_domain::effect::{EffectId, EffectKey, EffectKind, Fence, ManualOutcome};
use madoguchi_domain::page::ListPosition;
use madoguchi_domain::port::{Sealer, StoreError};
use madoguchi_domain::resolution::{
    Resolution, ResolutionEvidence, ResolutionFacts, ResolutionId, ResolutionReason,
    ResolutionState, ResolutionStateName,
};
use madoguchi_domain::sealed::{DataKeyId, WrappedKey};
use madoguchi_domain::secret::{hex, unhex};

use crate::database::column::{At, Key};
use crate::database::parse::{actor, corrupt, moment, opened, parsed_or_corrupt};
use crate::database::schema::resolution;
use crate::database::statement::row;
use crate::vault::sealed_row::SealedRow;

row! {
    /// What is proposed, without what is sealed of it.
    pub(crate) struct ProposalRow in resolution {
        resolution_id: Key,
        kind: String,
        id: Key,
        effect_fence: i32,
        effect_since: At,
        data_key_id: Key,
        outcome: String,
        proposed_at: At,
        proposer_issuer: String,
        proposer_subject: String,
        proposer_kind: String,
        lapses_at: At,
    }
}

row! {
    /// What is sealed.
    pub(crate) struct SealedProposalRow in resolution {
        salt: Vec<u8>,
        reason: Vec<u8>,
        evidence: Option<Vec<u8>>,
    }
}

row! {
    /// What became of it.
    #[derive(diesel::AsChangeset)]
    #[diesel(treat_none_as_null = true)]
    pub(crate) struct ClosingRow in resolution {
        state: String,
        closed_at: Option<At>,
        closed_issuer: Option<String>,
        closed_subject: Option<String>,
        closed_kind: Option<String>,
    }
}

impl From<&ResolutionFacts> for ProposalRow {
    fn from(facts: &ResolutionFacts) -> Self {
        let proposer = facts.proposers.author();
        Self {
            resolution_id: Key(facts.id.0),
            kind: facts.effect.kind.as_str().to_owned(),
            id: Key(facts.effect.id.0),
            effect_fence: facts.effect_fence.0,
            effect_since: facts.effect_since.into(),
            data_key_id: Key(facts.data_key.0),
            outcome: facts.outcome.as_str().to_owned(),
            proposed_at: facts.proposed_at.into(),
            proposer_issuer: proposer.issuer.to_string(),
            proposer_subject: proposer.subject.to_string(),
            proposer_kind: proposer.kind.as_str().to_owned(),
            lapses_at: facts.lapses_at.into(),
        }
    }
}

impl From<&ResolutionState> for ClosingRow {
    fn from(state: &ResolutionState) -> Self {
        let by = state.closed_by();
        Self {
            state: state.name().as_str().to_owned(),
            closed_at: state.closed_at().map(At::from),
            closed_issuer: by.map(|by| by.issuer.to_string()),
            closed_subject: by.map(|by| by.subject.to_string()),
            closed_kind: by.map(|by| by.kind.as_str().to_owned()),
        }
    }
}

impl ProposalRow {
    pub(crate) const fn id(&self) -> ResolutionId {
        ResolutionId(self.resolution_id.0)
    }

    pub(crate) fn position(&self) -> Result<ListPosition, StoreError> {
        let at = moment(self.proposed_at, "resolution.proposed_at")?;
        Ok(ListPosition { at, id: self.resolution_id.0 })
    }

    pub(crate) fn parse(self, closing: &ClosingRow) -> Result<ResolutionFacts, StoreError> {
        let kind = parsed_or_corrupt(EffectKind::parse(&self.kind).ok(), "resolution.kind")?;
        let proposer = actor(
            &self.proposer_issuer,
            &self.proposer_subject,
            &self.proposer_kind,
            "resolution.proposer_kind",
        )?;
        let proposers = Editors::by(proposer);
        Ok(ResolutionFacts {
            id: self.id(),
            effect: EffectKey { kind, id: EffectId(self.id.0) },
            effect_fence: Fence(self.effect_fence),
            effect_since: moment(self.effect_since, "resolution.effect_since")?,
            outcome: ManualOutcome::parse(&self.outcome).ok_or(corrupt("resolution.outcome"))?,
            proposed_at: moment(self.proposed_at, "resolution.proposed_at")?,
            lapses_at: moment(self.lapses_at, "resolution.lapses_at")?,
            state: closing.parse(&proposers)?,
            proposers,
            data_key: DataKeyId(self.data_key_id.0),
        })
    }
}

impl ClosingRow {
    fn parse(&self, proposers: &Editors) -> Result<ResolutionState, StoreError> {
        const PLACE: &str = "resolution.state and its facts";
        let name = parsed_or_corrupt(ResolutionStateName::parse(&self.state), PLACE)?;
        let at = self.closed_at.map(|at| moment(at, PLACE)).transpose()?;
        let by = match (&self.closed_issuer, &self.closed_subject, &self.closed_kind) {
            (Some(issuer), Some(subject), Some(kind)) => Some(actor(issuer, subject, kind, PLACE)?),
            (None, None, None) => None,
            (_, _, _) => return Err(corrupt(PLACE)),
        };
        match (name, at, by) {
            (ResolutionStateName::Proposed, None, None) => Ok(ResolutionState::Proposed),
            (ResolutionStateName::Lapsed, Some(at), None) => Ok(ResolutionState::Lapsed { at }),
            (ResolutionStateName::Approved, Some(at), Some(by)) => {
                let by = proposers.approver(&by).map_err(|_| corrupt(PLACE))?;
                Ok(ResolutionState::Approved { by, at })
            }
            (ResolutionStateName::Withdrawn, Some(at), Some(by)) if by.kind == ActorKind::Human => {
                Ok(ResolutionState::Withdrawn { by, at })
            }
            (_, _, _) => Err(corrupt(PLACE)),
        }
    }
}

const fn cells<'a>(sealer: &'a dyn Sealer, key: &'a WrappedKey, id: ResolutionId) -> SealedRow<'a> {
    SealedRow { sealer, key, table: "resolution", row: id.0 }
}

impl SealedProposalRow {
    pub(crate) fn seal(
        sealer: &dyn Sealer,
        key: &WrappedKey,
        resolution: &Resolution,
    ) -> Result<Self, StoreError> {
        let salt = hex(resolution.salt.expose());
        let [salt, reason, evidence] = cells(sealer, key, resolution.facts.id).seal([
            ("salt", Some(&*salt)),
            ("reason", Some(resolution.reason.expose())),
            ("evidence", resolution.evidence.as_ref().map(ResolutionEvidence::expose)),
        ])?;
        Ok(Self { salt: salt.unwrap_or_default(), reason: reason.unwrap_or_default(), evidence })
    }

    pub(crate) fn open(
        self,
        sealer: &dyn Sealer,
        key: &WrappedKey,
        facts: ResolutionFacts,
    ) -> Result<Resolution, StoreError> {
        const PLACE: &str = "resolution: a sealed column";
        let [salt, reason, evidence] = cells(sealer, key, facts.id).open(
            [("salt", Some(self.salt)), ("reason", Some(self.reason)), ("evidence", self.evidence)],
            PLACE,
        )?;
        let salt = salt.and_then(|salt| unhex(salt.expose())?.try_into().ok());
        let reason = opened(reason, ResolutionReason::parse, "resolution.reason")?;
        Ok(Resolution {
            facts,
            reason: parsed_or_corrupt(reason, "resolution.reason")?,
            evidence: opened(evidence, ResolutionEvidence::parse, "resolution.evidence")?,
            salt: ContentSalt::new(parsed_or_corrupt(salt, "resolution.salt")?),
        })
    }
}
