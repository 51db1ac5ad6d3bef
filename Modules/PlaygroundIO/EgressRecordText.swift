internal import RuntimeCore
internal import TransportCore

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
        var (topics, payloads) = (Member("topic"), Member("payload"))
        do throws(JSONScanner.Fault) {
            var scanner = try JSONScanner(value)
            try scanner.members { name, value in
                topics.take(name, value)
                payloads.take(name, value)
            }
        } catch {
            throw EgressFault("the value of type \(Self.typename) \(error.message); \(remedy)")
        }
        guard case .string(let topic) = try topics.only() else {
            throw EgressFault("'topic' is not a text; \(remedy)")
        }
        let payload =
            switch try payloads.only() {
            case .string(let text): Array(text)
            case .other(let json): json
            }
        return EgressContent(topic: String(decoding: topic, as: UTF8.self), payload: payload)
    }

    /// What the members with one name hold.
    private struct Member {
        private let name: StaticString
        private var count = 0
        private var value: JSONScanner.Value?

        init(_ name: StaticString) { self.name = name }

        mutating func take(_ name: ArraySlice<UInt8>, _ value: JSONScanner.Value) {
            let wanted = UnsafeRawBufferPointer(start: self.name.utf8Start, count: self.name.utf8CodeUnitCount)
            guard name.withUnsafeBytes({ $0.hasSameBytes(as: wanted) }) else { return }
            count += 1
            self.value = value
        }

        /// - Throws: ``EgressFault`` where there is none, and where there are several.
        func only() throws(EgressFault) -> JSONScanner.Value {
            guard let value else { throw EgressFault("the record has no '\(name)'; \(remedy)") }
            guard count == 1 else { throw EgressFault("the record has '\(name)' \(count) times; \(remedy)") }
            return value
        }
    }
}
