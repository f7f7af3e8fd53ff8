//! The commands that `up` prints, to copy into another terminal.

use madoguchi_client::Client;

use crate::tokens;

pub(crate) fn contact_steps(api: &str) -> [String; 4] {
    let call = |token: &str| format!("curl -s -H 'Acstkn: {token}'");
    let json = "-H 'Content-Type: application/json'";
    let take = |name: &str| format!(r#"sed -n 's/.*"{name}":"\([^"]*\)".*/\1/p'"#);
    let contact =
        r#"{"personId":"PER0001","accountId":"ACC0001","type":"NOTICE","subject":"Hello","#
            .to_owned()
            + r#""body":"A first message.","sender":{"kind":"HUMAN","name":"Hanako"}}"#;
    let contacts = format!("{api}/api/v1/contacts");
    let (author, approver) = (call(tokens::AUTHOR), call(tokens::APPROVER));
    let (id, hash) = (take("contactId"), take("contentHash"));
    let approve = r#"{"approve":{"contentHash":"'$HASH'"}}"#;
    [
        format!("ID=$({author} {json} -d '{contact}' {contacts} | {id}); echo \"$ID\""),
        format!("HASH=$({approver} {contacts}/$ID | {hash}); echo \"$HASH\""),
        format!("{approver} -X PUT {json} -H 'If-Match: *' -d '{approve}' {contacts}/$ID"),
        format!("{} {api}/api/v1/persons/PER0001/messages", call(tokens::CUSTOMER)),
    ]
}

pub(crate) fn first_steps(api: &str, member: &str) -> [String; 3] {
    let post =
        |token: &str| format!("curl -s -H 'Acstkn: {token}' -H 'Content-Type: application/json'");
    let find = r#"sed -n 's/.*"caseId": *"\([^"]*\)".*/\1/p'"#;
    [
        format!(
            "CASE=$({} -d '{{\"memberId\":\"{member}\"}}' {api}/api/v1/upgrades | {find}); \
             echo \"$CASE\"",
            post(tokens::FRONT_DESK)
        ),
        format!(
            "{} -d '{{\"source\":\"EDDA\",\"isPass\":true,\"reference\":\"check-'$CASE'\"}}' \
             {api}/api/v1/upgrades/$CASE/verification",
            post(tokens::VERIFIER)
        ),
        format!(
            "{} -d '{{\"memberId\":\"{member}\",\"isPass\":true}}' {api}{}",
            post(tokens::AGENT),
            Client::VERDICT
        ),
    ]
}

pub(crate) fn questions(api: &str) -> [String; 2] {
    let json = "-H 'Content-Type: application/json'";
    let (user, password) = (tokens::GATEWAY_USER, tokens::GATEWAY_PASSWORD);
    [
        format!(
            "curl -s -H 'Acstkn: {}' {json} -d '{{\"contextId\":\"CTX0001\"}}' {api}{}",
            tokens::AGENT,
            Client::CALLERS
        ),
        format!(
            "curl -s -H 'userName: {user}' -H 'password: {password}' {json} \
             -d '{{\"contextId\":\"123123213\"}}' {api}{}",
            Client::CONTEXTOS
        ),
    ]
}

pub(crate) fn right_address(api: &str) -> String {
    format!(
        "curl -s -X PUT -H 'Acstkn: {}' -H 'Content-Type: application/json' -H 'If-Match: *' \
         -d '{{\"email\":\"taro@example.com\"}}' {api}/api/v1/persons/PER0001/contact-details",
        tokens::CRM
    )
}

pub(crate) fn announcement_steps(api: &str) -> [String; 5] {
    let call =
        |token: &str| format!("curl -s -H 'Acstkn: {token}' -H 'Content-Type: application/json'");
    let take = |name: &str| format!(r#"sed -n 's/.*"{name}":"\([^"]*\)".*/\1/p'"#);
    let (all, writer) = (format!("{api}{}", Client::ANNOUNCEMENTS), call(tokens::OPERATOR));
    let (id, hash) = (take("announcementId"), take("contentHash"));
    let content = r#"{"subject":"Maintenance","body":"On Sunday.","mail":true}"#;
    let approve = r#"{"contentHash":"'$HASH'"}"#;
    [
        format!("ID=$({writer} -d '{content}' {all} | {id}); echo \"$ID\""),
        format!("HASH=$({writer} -d '{{}}' {all}/$ID/submission | {hash}); echo \"$HASH\""),
        format!("{} -d '{approve}' {all}/$ID/approval", call(tokens::APPROVER)),
        format!("sleep 3; {writer} -d '{{}}' {all}/$ID/release"),
        format!(
            "MADOGUCHI_TOKEN={} madoguchi announcements show $ID --follow --server {api}",
            tokens::OPERATOR
        ),
    ]
}

/// Gives the report about the mail of the announcement to the API, and lists the delivery watch.
pub(crate) fn bounced_mail(api: &str, world: &str) -> [String; 2] {
    [
        format!(
            "curl -sf '{world}/world/bounce?to=per0002@example.com' | curl -s --data-binary @- \
             -H 'Acstkn: {}' -H 'Content-Type: message/rfc822' {api}/api/v1/bounces",
            tokens::MAIL_SERVER
        ),
        format!("curl -s -H 'Acstkn: {}' {api}/api/v1/delivery-watch", tokens::OPERATOR),
    ]
}

/// Loses every answer to an order, and lists what is stuck.
pub(crate) fn stuck_order(api: &str, world: &str) -> [String; 2] {
    let scenario = r#"{"channel":"esb","scenario":"applied_then_cut"}"#;
    [
        format!("curl -s -X PUT -d '{scenario}' {world}/world/scenario"),
        format!("MADOGUCHI_TOKEN={} madoguchi resolve list --server {api}", tokens::OPERATOR),
    ]
}

/// Loses the next answer of the bank, after it set the level.
pub(crate) fn lose_an_answer(world: &str) -> String {
    play_once(world, "esb", "applied_then_cut")
}

/// Loses the answer to the next mail, and lists uncertain mails.
pub(crate) fn uncertain_mail(api: &str, world: &str) -> [String; 2] {
    let author = tokens::AUTHOR;
    [
        play_once(world, "smtp", "cut_after_dot"),
        format!("curl -s -H 'Acstkn: {author}' '{api}/api/v1/contacts?mail=UNCERTAIN'"),
    ]
}

fn play_once(world: &str, channel: &str, scenario: &str) -> String {
    format!(
        "curl -s -X PUT -d '{{\"channel\":\"{channel}\",\"scenario\":\"{scenario}\",\"times\":1}}' \
         {world}/world/scenario"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_steps_carry_the_tokens_that_may_take_them() {
        let [open, check, verdict] = first_steps("http://127.0.0.1:8080", "MEM0007");
        assert!(open.contains("MEM0007") && verdict.contains("MEM0007"));
        assert!(open.contains("dev-frontdesk") && open.contains("http://127.0.0.1:8080/api/v1"));
        assert!(check.contains("dev-verifier") && check.contains("$CASE/verification"));
        assert!(verdict.contains("dev-agent") && verdict.ends_with(Client::VERDICT));
        let [one, gateway] = questions("http://127.0.0.1:8080");
        assert!(one.contains("dev-agent") && one.ends_with(Client::CALLERS));
        assert!(gateway.contains("dev-password") && gateway.ends_with(Client::CONTEXTOS));
    }
}
