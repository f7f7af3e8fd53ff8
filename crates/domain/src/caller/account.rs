//! `codigo_conta`: company, bank, branch, account and check digit, as one number.

use crate::field::InvalidField;
use crate::mask;
use crate::redacted;

redacted!(CodigoConta);

/// What happens to an input with a wrong check digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DacRule {
    /// It is rejected.
    #[default]
    Refuse,
    /// It is accepted; see [`CodigoConta::has_right_dac`].
    Warn,
}

/// The check digit (DAC) of an account: Luhn's modulo 10 over branch and account, the account
/// padded to 7 digits with zeros on the left. `None` for anything but 4 and 1
/// to 7 ASCII digits.
///
/// ```
/// use madoguchi_domain::caller::dac;
///
/// assert_eq!(dac("0057", "12345"), Some(b'7'));
/// assert_eq!(dac("57", "12345"), None);
/// ```
#[must_use]
pub fn dac(branch: &str, account: &str) -> Option<u8> {
    let fits = branch.len() == 4 && (1..=7).contains(&account.len());
    if !fits || !are_digits(branch) || !are_digits(account) {
        return None;
    }
    // Pad the account, so that the branch's digits keep their weights.
    let account = format!("{account:0>7}");
    let digits = branch.bytes().chain(account.bytes()).rev().map(|digit| u32::from(digit - b'0'));
    let sum: u32 = (0_usize..)
        .zip(digits)
        .map(|(place, digit)| if place % 2 == 0 { digit * 2 } else { digit })
        .map(|product| product / 10 + product % 10)
        .sum();
    u8::try_from((10 - sum % 10) % 10).ok().map(|digit| b'0' + digit)
}

/// An account as `codigo` expects it: 18 ASCII digits, company 3, bank 3, branch 4, account 7,
/// check digit 1. Never printed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CodigoConta(String);

impl CodigoConta {
    /// Parses a `codigo_conta`.
    ///
    /// # Errors
    /// When it is not 18 ASCII digits, or its check digit is wrong and the rule rejects that.
    pub fn parse(text: &str, rule: DacRule) -> Result<Self, InvalidField> {
        if text.len() != 18 || !are_digits(text) {
            return Err(InvalidField::new("codigo_conta", "must be 18 digits"));
        }
        let read = Self(text.to_owned());
        match rule {
            DacRule::Refuse if !read.has_right_dac() => {
                Err(InvalidField::new("codigo_conta", "must end in the right check digit (DAC)"))
            }
            DacRule::Refuse | DacRule::Warn => Ok(read),
        }
    }

    /// True if the last digit is the check digit of branch and account.
    #[must_use]
    pub fn has_right_dac(&self) -> bool {
        dac(&self.0[6..10], &self.0[10..17]) == self.0.bytes().last()
    }

    /// The number in clear: for the directory that is called, never for a log.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The masked number, for display.
    #[must_use]
    pub fn masked(&self) -> String {
        mask::account(&self.0)
    }
}

/// The company and the bank that our customers' accounts belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    company: String,
    bank: String,
}

/// Branch and account do not give a `codigo_conta`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("branch and account do not give an account number")]
pub struct NotDerivable;

/// An account number derived from a branch and an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountReading {
    /// The account.
    pub codigo: CodigoConta,
    /// How certain the reading is.
    pub certainty: Certainty,
}

/// How certain it is whether an account includes its check digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// It has eight digits, or a hyphen before the last: there is no other reading.
    Certain,
    /// Its last digit is not the check digit of the others: it has none, unless a digit is wrong.
    Likely,
    /// Its last digit is the check digit of the others. By chance that holds for one in ten
    /// accounts without a check digit, so there are two readings.
    Ambiguous,
}

impl Certainty {
    /// True if the owner may be shown. `is_caller` says whether owner and caller have the same
    /// number, if known. A `Likely` reading is invalid if the owner is another person; an
    /// `Ambiguous` one is valid only if the owner is the caller.
    #[must_use]
    pub const fn allows_owner(self, is_caller: Option<bool>) -> bool {
        match self {
            Self::Certain => true,
            Self::Likely => !matches!(is_caller, Some(false)),
            Self::Ambiguous => matches!(is_caller, Some(true)),
        }
    }
}

impl Entity {
    /// Parses a company and a bank, 3 ASCII digits each.
    ///
    /// # Errors
    /// When one of them is not 3 ASCII digits.
    pub fn parse(company: &str, bank: &str) -> Result<Self, InvalidField> {
        for (field, text) in [("company", company), ("bank", bank)] {
            if text.len() != 3 || !are_digits(text) {
                return Err(InvalidField::new(field, "must be 3 digits"));
            }
        }
        Ok(Self { company: company.to_owned(), bank: bank.to_owned() })
    }

    /// Derives the account number from `u_ag` and `u_cc` of a context: one reading, or two, the
    /// more likely first.
    ///
    /// Eight digits, or a hyphen before the last, include a check digit, which must be right. Up to
    /// seven digits have none if the last does not fit the others; otherwise both readings are
    /// possible.
    ///
    /// # Errors
    /// When they are not a branch and an account.
    pub fn readings(
        &self,
        branch: &str,
        account: &str,
    ) -> Result<Vec<AccountReading>, NotDerivable> {
        let (branch, account) = (branch.trim(), account.trim());
        // Any other text that is not a branch has no check digit, see `dac`.
        if branch.is_empty() {
            return Err(NotDerivable);
        }
        let branch = format!("{branch:0>4}");
        if let Some((number, check)) = account.split_once('-') {
            return Ok(vec![self.checked(&branch, number, check, Certainty::Certain)?]);
        }
        if account.len() == 8 && are_digits(account) {
            let (number, check) = account.split_at(7);
            return Ok(vec![self.checked(&branch, number, check, Certainty::Certain)?]);
        }
        let alone = dac(&branch, account).ok_or(NotDerivable)?;
        let alone = |certainty| self.reading(&branch, account, alone, certainty);
        let (number, check) = account.split_at(account.len() - 1);
        Ok(match self.checked(&branch, number, check, Certainty::Ambiguous) {
            Ok(checked) => vec![checked, alone(Certainty::Ambiguous)],
            Err(NotDerivable) => vec![alone(Certainty::Likely)],
        })
    }

    fn checked(
        &self,
        branch: &str,
        number: &str,
        check: &str,
        certainty: Certainty,
    ) -> Result<AccountReading, NotDerivable> {
        let right = dac(branch, number).ok_or(NotDerivable)?;
        if check.as_bytes() != [right] {
            return Err(NotDerivable);
        }
        Ok(self.reading(branch, number, right, certainty))
    }

    fn reading(
        &self,
        branch: &str,
        number: &str,
        check: u8,
        certainty: Certainty,
    ) -> AccountReading {
        let Self { company, bank } = self;
        let check = char::from(check);
        let codigo = CodigoConta(format!("{company}{bank}{branch}{number:0>7}{check}"));
        AccountReading { codigo, certainty }
    }
}

fn are_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests;
