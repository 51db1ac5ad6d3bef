import TestSupport

/// What a fixture says about calls: which functions are called, what must arrive at the server, and what it answers.
struct CallScript {
    /// Where the server listens.
    enum Place: String, CaseIterable {
        case tcp
        case unix
        /// A socket that exists only after an attempt has failed.
        case unixAfterFirstFailure = "unix, after the first failed attempt"
    }

    struct Call {
        let address: String
        let arguments: [String]
        /// The result or the failure.
        let outcome: FixtureValue
    }

    /// One request with its answer.
    struct Exchange {
        /// The bytes that must arrive; of a connection that speaks TLS, the first ones.
        let request: [UInt8]
        let isWhole: Bool
        let answer: RawServer.Step
    }

    let place: Place
    let calls: [Call]
    /// Whether the calls are made at the same time instead of one after the other.
    let isTogether: Bool
    /// The exchanges of each connection.
    let connections: [[Exchange]]

    /// - Parameter expectation: with every `${NAME}` put in.
    init(_ expectation: FixtureValue) throws {
        let placeText = try expectation["serve"]?.text("'serve'") ?? Place.tcp.rawValue
        guard let place = Place(rawValue: placeText) else {
            throw FixtureProblem("'serve: \(placeText)' means nothing; write one of \(Place.allCases.map(\.rawValue))")
        }
        self.place = place
        isTogether = try expectation["together"]?.text("'together'") == "true"
        calls = try expectation["calls"]?.items("'calls'").map(Self.call) ?? []
        connections =
            try expectation["connections"]?.items("'connections'").map { connection in
                try connection.items("a connection").map(Self.exchange)
            } ?? []
    }

    /// What the server does on each connection, one script each.
    var scripts: [[RawServer.Step]] {
        connections.map { exchanges in
            exchanges.flatMap { [$0.isWhole ? .readRequest : .readBytes($0.request.count), $0.answer] }
        }
    }

    private static func call(_ value: FixtureValue) throws -> Call {
        let entries = try value.entries("a call", allowing: ["invoke", "with", "result", "failure"])
        guard let address = value["invoke"], let argument = value["with"], value["result"] != nil || value["failure"] != nil else {
            throw FixtureProblem("a call needs 'invoke', 'with', and 'result' or 'failure'")
        }
        let arguments: [String]
        if case .list(let items) = argument {
            arguments = try items.map { try $0.text("an argument") }
        } else {
            arguments = [try argument.text("'with'")]
        }
        return Call(
            address: try address.text("'invoke'"),
            arguments: arguments,
            outcome: .keys(entries.filter { $0.key == "result" || $0.key == "failure" })
        )
    }

    private static func exchange(_ value: FixtureValue) throws -> Exchange {
        _ = try value.entries("an exchange", allowing: ["request", "body", "opens-with", "answer", "answer-body"])
        guard let answerText = try value["answer"]?.text("'answer'") else { throw FixtureProblem("an exchange has no 'answer'") }
        let answer: RawServer.Step
        switch answerText {
        case "close": answer = .close
        case "reset": answer = .reset
        default: answer = .send(head(answerText) + (try value["answer-body"].map { try bytes($0.text("'answer-body'")) } ?? []))
        }
        if let opening = value["opens-with"] {
            return Exchange(request: try bytes(opening.text("'opens-with'")), isWhole: false, answer: answer)
        }
        guard let request = value["request"], let body = value["body"] else {
            throw FixtureProblem("an exchange needs 'request' and 'body', or 'opens-with'")
        }
        return Exchange(
            request: head(try request.text("'request'")) + (try bytes(body.text("'body'"))),
            isWhole: true,
            answer: answer
        )
    }

    /// A head that a fixture writes with plain line ends and without the empty line.
    private static func head(_ text: String) -> [UInt8] {
        let lines = text.split(separator: "\n").map { "\($0)\r\n" }
        return Array((lines.joined() + "\r\n").utf8)
    }

    /// Bytes that a fixture writes as a YAML text in which `\xA2` stands for the byte A2.
    private static func bytes(_ text: String) throws -> [UInt8] {
        try text.unicodeScalars.map { scalar in
            guard let byte = UInt8(exactly: scalar.value) else { throw FixtureProblem("\(text.shown) is not made of bytes") }
            return byte
        }
    }
}
