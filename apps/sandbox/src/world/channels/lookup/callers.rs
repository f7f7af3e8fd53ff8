//! Ten sample callers for the two lookups; every other key gets the source's example.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

const CONTEXT_EXAMPLE: &str = include_str!("../../../../tests/contextos_reply.json");
const OWNER_EXAMPLE: &str = include_str!("../../../../tests/codigo_reply.json");

/// The reply to a context lookup.
pub(super) fn context_reply(key: &str) -> Value {
    caller(key).map_or_else(|| example(CONTEXT_EXAMPLE), context)
}

/// The reply to an owner lookup.
pub(super) fn owner_reply(key: &str) -> Value {
    owner_of(key).map_or_else(|| example(OWNER_EXAMPLE), owner)
}

/// A sample caller.
struct Caller {
    context: &'static str,
    identified: &'static str,
    /// CPF or CNPJ.
    number: &'static str,
    name: &'static str,
    branch: &'static str,
    /// Seven digits and the check digit.
    account: &'static str,
    /// The account as the context document writes it.
    written: &'static str,
}

const fn person(
    context: &'static str,
    (number, name): (&'static str, &'static str),
    (branch, account): (&'static str, &'static str),
    written: &'static str,
) -> Caller {
    Caller { context, identified: "AUT", number, name, branch, account, written }
}

/// The accounts cover every form in which a context may write one.
const CALLERS: [Caller; 10] = [
    person("CTX0001", ("52998224725", "Maria Silva"), ("1500", "00052061"), "00052061"),
    person("CTX0002", ("11144477735", "João Souza"), ("0057", "00123457"), "12345-7"),
    person("CTX0003", ("39053344705", "Ana Lima"), ("1874", "00100090"), "100090"),
    person("CTX0004", ("98765432100", "Pedro Rocha"), ("1547", "00102077"), "0010207"),
    person("CTX0005", ("12345678909", "Carla Dias"), ("0607", "00152550"), "00152550"),
    person("CTX0006", ("22233344405", "Luiz Prado"), ("0810", "00536789"), "00536789"),
    person("CTX0007", ("31415926590", "Rita Nunes"), ("1248", "00021246"), "00021246"),
    person("CTX0008", ("27182818205", "Hugo Melo"), ("1254", "00023664"), "00023664"),
    Caller {
        context: "CTX0009",
        identified: "NID",
        number: "",
        name: "",
        branch: "",
        account: "",
        written: "",
    },
    person("CTX0010", ("90021382000122", "Padaria Sol"), ("2545", "00023661"), "00023661"),
];

fn caller(key: &str) -> Option<&'static Caller> {
    let decoded = STANDARD.decode(key).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    CALLERS.iter().find(|it| it.context == key || Some(it.context) == decoded.as_deref())
}

fn owner_of(codigo_conta: &str) -> Option<&'static Caller> {
    let known = CALLERS.iter().filter(|it| !it.account.is_empty());
    let mut known = known.filter(|it| codigo_conta.ends_with(&[it.branch, it.account].concat()));
    known.next()
}

fn context(caller: &Caller) -> Value {
    let Caller { identified, number, branch, written, .. } = caller;
    let cpf = if number.len() == 11 { number } else { "" };
    json!({
        "code": "0",
        "message": "success",
        "key": "12311",
        "expireIn": "60",
        "decodedContextId": caller.context,
        "payload": {
            "u_cpf": cpf, "u_ag": branch, "u_cc": written, "u_seg": "PF", "u_dest": "3",
            "u_numA": "11987654321", "u_id": identified, "u_dseg": "Token", "u_dsok": "S",
            "u_tpid": "123456789", "u_ura": "30H",
            "contexto": { "u_cpf": cpf, "u_ag": branch, "u_cssc": written },
        },
    })
}

fn owner(caller: &Caller) -> Value {
    let Caller { number, name, branch, account, .. } = caller;
    let (person, padded) =
        if number.len() == 11 { ("F", format!("000{number}")) } else { ("J", (*number).into()) };
    let phone = |number: &str| json!({ "ddi": "55", "ddd": "11", "numero": number, "ramal": "" });
    json!({ "data": {
        "id_cliente": format!("client-{}", caller.context),
        "nome_completo": name, "tipo_pessoa": person, "cpf_cnpj": padded,
        "identificado": "Identificado", "agencia": branch, "conta_corrente": &account[1..],
        "emails": [{ "principal": "S", "email": "jane.doe@example.com" }],
        "telefones": [phone("987654321"), phone("40041234")],
        "gerentes": {
            "racf_gerente": "GER01", "email_gerente": "gerente@bank.example",
            "codigo_cargo": "FILA-7", "telefones": phone("40045678"),
        },
    } })
}

fn example(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Luhn over branch and account.
    fn check_digit(branch: &str, account: &str) -> u32 {
        let digits = format!("{branch}{account}");
        let digits = digits.chars().rev().map(|c| c.to_digit(10).unwrap()).enumerate();
        let sum: u32 = digits
            .map(|(place, digit)| if place % 2 == 0 { digit * 2 } else { digit })
            .map(|product| product / 10 + product % 10)
            .sum();
        (10 - sum % 10) % 10
    }

    #[test]
    fn the_callers_have_accounts_of_their_own_with_right_check_digits() {
        let known: Vec<_> = CALLERS.iter().filter(|it| !it.account.is_empty()).collect();
        assert_eq!(known.len(), 9);
        for it in known {
            let (account, check) = it.account.split_at(7);
            assert_eq!(check, check_digit(it.branch, account).to_string(), "{}", it.context);
            let codigo = format!("341341{}{}", it.branch, it.account);
            assert_eq!(owner_of(&codigo).map(|owner| owner.context), Some(it.context));
        }
    }

    #[test]
    fn a_caller_is_known_plain_and_in_base64_and_anybody_else_is_the_example() {
        for key in ["CTX0001", "Q1RYMDAwMQ=="] {
            assert_eq!(context_reply(key)["payload"]["u_cpf"], "52998224725");
        }
        for key in ["123123213", "MTIzMTIzMjEz", ""] {
            assert_eq!(context_reply(key), example(CONTEXT_EXAMPLE));
        }
        assert_eq!(owner_reply("341341187400100090")["data"]["nome_completo"], "Ana Lima");
        assert_eq!(owner_reply("341341150100098790"), example(OWNER_EXAMPLE));
        assert!(example(OWNER_EXAMPLE)["data"].is_object());
    }
}
