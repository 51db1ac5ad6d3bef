internal import RuntimeCore

/// What functions send to the egress: the JSON text `{"topic": "greetings", "payload": "Hello"}`.
///
/// The payload is handed out as the text that a string stands for; any other JSON value is handed out as JSON text.
/// Members with other names are left alone.
enum EgressRecordText {
    static let typename = "io.statefun.playground/EgressRecord"

    private static let remedy = #"send {"topic": "name", "payload": "text"}"#

    /// - Throws: ``EgressFault`` where the value is something else.
    static func read(typename: String, value: [UInt8]) throws(EgressFault) -> EgressContent {
        guard typename == Self.typename else {
            throw EgressFault("the value has the type \(typename); send one of type \(Self.typename)")
        }
        let members: [(name: String, value: JSONScanner.Value)]
        do throws(JSONScanner.Fault) {
            var scanner = try JSONScanner(value)
            members = try scanner.members()
        } catch {
            throw EgressFault("the value of type \(Self.typename) \(error.message); \(remedy)")
        }
        guard case .string(let topic) = try member("topic", of: members) else {
            throw EgressFault("'topic' is not a text; \(remedy)")
        }
        switch try member("payload", of: members) {
        case .string(let text): return EgressContent(topic: topic, payload: Array(text.utf8))
        case .other(let json): return EgressContent(topic: topic, payload: json)
        }
    }

    private static func member(
        _ name: String,
        of members: [(name: String, value: JSONScanner.Value)]
    ) throws(EgressFault) -> JSONScanner.Value {
        var found: JSONScanner.Value?
        for member in members where member.name == name {
            guard found == nil else {
                throw EgressFault("the record has '\(name)' \(members.count { $0.name == name }) times; \(remedy)")
            }
            found = member.value
        }
        guard let found else { throw EgressFault("the record has no '\(name)'; \(remedy)") }
        return found
    }
}
