internal import GRDB
internal import RuntimeCore

/// Every change that a group can hold.
struct WriterStatements {
    let setLastSequence: PreparedStatement
    let addFunctionType: PreparedStatement
    let register: PreparedStatement
    let setState: PreparedStatement
    let clearState: PreparedStatement
    let addMessage: PreparedStatement
    let removeMessage: PreparedStatement
    let messagesBetween: PreparedStatement
    let removeMessagesBetween: PreparedStatement
    let addDelayed: PreparedStatement
    let removeDelayed: PreparedStatement
    let cancelDelayed: PreparedStatement
    let addEgress: PreparedStatement
    let removeEgress: PreparedStatement
    let addDeadLetter: PreparedStatement
    let addDeadLetterContent: PreparedStatement
    let removeDeadLetter: PreparedStatement
    let removeDeadLetterContent: PreparedStatement
    let acceptKey: PreparedStatement
    let forgetKeys: PreparedStatement
    let expiredState: PreparedStatement

    init(_ database: Database, _ file: StoreFile) throws(StoreFailure) {
        func prepare(_ sql: String) throws(StoreFailure) -> PreparedStatement {
            try PreparedStatement(sql, on: database, of: file)
        }
        setLastSequence = try prepare("UPDATE progress SET last_sequence = max(last_sequence, ?)")
        addFunctionType = try prepare("INSERT INTO function_type (name) VALUES (?)")
        register = try prepare("INSERT INTO registered_state VALUES (?, ?, ?, ?, ?)")
        setState = try prepare(
            "INSERT INTO state VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value, expires = excluded.expires"
        )
        clearState = try prepare("DELETE FROM state WHERE function = ? AND id = ? AND name = ?")
        addMessage = try prepare("INSERT INTO message VALUES (?, ?, ?, ?)")
        removeMessage = try prepare("DELETE FROM message WHERE function = ? AND id = ? AND sequence = ?")
        let between = "FROM message WHERE function = ? AND id = ? AND sequence BETWEEN ? AND ?"
        messagesBetween = try prepare("SELECT sequence \(between) ORDER BY sequence LIMIT ?")
        removeMessagesBetween = try prepare("DELETE \(between)")
        addDelayed = try prepare(
            "INSERT INTO delayed (due, sequence, function, id, invocation, token, sender_id) VALUES (?, ?, ?, ?, ?, ?, ?)"
        )
        removeDelayed = try prepare("DELETE FROM delayed WHERE sequence = ?")
        cancelDelayed = try prepare("DELETE FROM delayed WHERE token = ? AND sender_id = ? AND sequence < ?")
        addEgress = try prepare("INSERT INTO egress (sequence, topic, payload) VALUES (?, ?, ?)")
        removeEgress = try prepare("DELETE FROM egress WHERE sequence = ?")
        addDeadLetter = try prepare(
            "INSERT INTO dead_letter (sequence, time, function, id, egress, cause, attempts) VALUES (?, ?, ?, ?, ?, ?, ?)"
        )
        addDeadLetterContent = try prepare("INSERT INTO dead_letter_content (sequence, position, content) VALUES (?, ?, ?)")
        removeDeadLetter = try prepare("DELETE FROM dead_letter WHERE sequence = ?")
        removeDeadLetterContent = try prepare("DELETE FROM dead_letter_content WHERE sequence = ?")
        acceptKey = try prepare("INSERT INTO accepted_key VALUES (?, ?) ON CONFLICT DO UPDATE SET time = excluded.time")
        forgetKeys = try prepare("DELETE FROM accepted_key WHERE key IN (SELECT key FROM accepted_key WHERE time < ? LIMIT ?)")
        expiredState = try prepare("SELECT function, id, name FROM state WHERE expires < ? LIMIT ?")
    }
}
