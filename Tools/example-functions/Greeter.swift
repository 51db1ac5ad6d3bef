import RequestReply

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the greeters are sent, as JSON.
struct GreetRequest: Codable {
    static let typename = "example/GreetRequest"

    var name: String
    /// How often this person has come; filled in by whoever counts.
    var visits: Int?

    /// - Throws: ``FunctionFailure`` when the value is of another type, or its JSON is not such a request.
    init(_ value: FunctionValue) throws {
        guard case .custom(Self.typename, let bytes) = value else {
            throw FunctionFailure("expected a value of type \(Self.typename), not \(value.typename)")
        }
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(bytes))
        } catch {
            throw FunctionFailure(#"expected JSON such as {"name": "Bob"}"#)
        }
    }

    func value() throws -> FunctionValue {
        .custom(typename: Self.typename, bytes: try jsonBytes(self))
    }
}

/// What the playground egress is sent, as JSON: a line for a topic.
struct EgressRecord: Codable {
    static let egress = "io.statefun.playground/egress"
    static let typename = "io.statefun.playground/EgressRecord"

    let topic: String
    let payload: String

    func value() throws -> FunctionValue {
        .custom(typename: Self.typename, bytes: try jsonBytes(self))
    }
}

/// The same value is written as the same bytes every time.
private func jsonBytes(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return Array(try encoder.encode(value))
}

/// The words for a visit.
func greeting(_ name: String, visits: Int) -> String {
    switch visits {
    case ...1: "Welcome, \(name)!"
    case 2: "Good to see you again, \(name)."
    case 3: "Third time is a charm, \(name)."
    default: "\(name), you have been here \(visits) times."
    }
}

extension StatefulFunction {
    /// Counts the visits of the person whose name is its id, and greets: on the topic `greetings`, and whoever asked.
    static let greeter = StatefulFunction(
        typename: "com.example/greeter",
        states: [State(name: "seen_count", type: .int)]
    ) { context, argument in
        let request = try GreetRequest(argument)
        var seen: Int32 = 1
        if case .int(let before) = context["seen_count"] {
            seen = before &+ 1
        }
        context["seen_count"] = .int(seen)
        let text = greeting(request.name, visits: Int(seen))
        context.send(try EgressRecord(topic: "greetings", payload: text).value(), toEgress: EgressRecord.egress)
        if let caller = context.caller {
            context.send(.string(text), to: caller)
        }
    }

    /// Counts the visits of a person and has `example/greeter` find the words.
    static let person = StatefulFunction(
        typename: "example/person",
        states: [State(name: "visits", type: .int)]
    ) { context, argument in
        var request = try GreetRequest(argument)
        var visits: Int32 = 1
        if case .int(let before) = context["visits"] {
            visits = before &+ 1
        }
        context["visits"] = .int(visits)
        request.visits = Int(visits)
        context.send(try request.value(), to: WireAddress("example/greeter", id: request.name))
    }

    /// Writes a greeting to the topic `greetings`.
    static let personGreeter = StatefulFunction(typename: "example/greeter") { context, argument in
        let request = try GreetRequest(argument)
        let text = greeting(request.name, visits: request.visits ?? 1)
        context.send(try EgressRecord(topic: "greetings", payload: text).value(), toEgress: EgressRecord.egress)
    }
}
