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
        let members: [(name: ArraySlice<UInt8>, value: JSONScanner.Value)]
        do throws(JSONScanner.Fault) {
            var scanner = try JSONScanner(value)
            members = try scanner.members()
        } catch {
            throw EgressFault("the value of type \(Self.typename) \(error.message); \(remedy)")
        }
        guard case .string(let topic) = try member("topic", of: members) else {
            throw EgressFault("'topic' is not a text; \(remedy)")
        }
        let payload =
            switch try member("payload", of: members) {
            case .string(let text): Array(text)
            case .other(let json): json
            }
        return EgressContent(topic: String(decoding: topic, as: UTF8.self), payload: payload)
    }

    private static func member(
        _ name: StaticString,
        of members: [(name: ArraySlice<UInt8>, value: JSONScanner.Value)]
    ) throws(EgressFault) -> JSONScanner.Value {
        let bytes = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        var found: JSONScanner.Value?
        for member in members where member.name.count == bytes.count && member.name.elementsEqual(bytes) {
            guard found == nil else {
                throw EgressFault("the record has '\(name)' \(members.count { $0.name.elementsEqual(bytes) }) times; \(remedy)")
            }
            found = member.value
        }
        guard let found else { throw EgressFault("the record has no '\(name)'; \(remedy)") }
        return found
    }
}
