/// Something that a transport has to stand up to.
public struct TransportCase: Sendable {
    /// What a transport must have for a case to apply to it.
    enum Need: Sendable, CustomStringConvertible {
        /// It makes connections.
        case connections
        /// It takes `http+unix` URLs.
        case unixSockets
        /// It has this option, or the one that OkHttp's transport has in its place.
        case option(String)

        var description: String {
            switch self {
            case .connections: "connections"
            case .unixSockets: "UNIX sockets"
            case .option(let name): "option \(name)"
            }
        }
    }

    /// A short name, unique and made for filters: `limits.call.silence`.
    public let name: String
    /// What the case shows, as a sentence without a full stop.
    public let shows: String
    let needs: [Need]
    let body: @Sendable (TransportUnderTest) async throws -> Void

    /// - Parameter hasPeer: whether somebody is to be connected to.
    init(
        _ name: String,
        _ shows: String,
        hasPeer: Bool = true,
        needs: [Need] = [],
        _ body: @escaping @Sendable (TransportUnderTest) async throws -> Void
    ) {
        self.name = name
        self.shows = shows
        self.needs = (hasPeer ? [.connections] : []) + needs
        self.body = body
    }
}

/// What came of a case.
public struct TransportCaseResult: Sendable, CustomStringConvertible {
    public enum Outcome: Sendable, Equatable {
        case passed
        /// Everything that was not as it has to be.
        case failed([String])
        /// The transport has not what the case is about; the text says what.
        case notApplicable(String)
    }

    public let name: String
    public let shows: String
    public let outcome: Outcome

    init(_ transportCase: TransportCase, _ outcome: Outcome) {
        name = transportCase.name
        shows = transportCase.shows
        self.outcome = outcome
    }

    public var isFailure: Bool {
        if case .failed = outcome { true } else { false }
    }

    /// One line, and one more for each finding.
    public var description: String {
        switch outcome {
        case .passed: "passed  \(name): \(shows)"
        case .notApplicable(let why): "skipped \(name): \(why)"
        case .failed(let findings): (["FAILED  \(name): \(shows)"] + findings.map { "        \($0)" }).joined(separator: "\n")
        }
    }
}

/// What a transport can do.
struct TransportTraits: Sendable {
    let options: Set<String>
    let connects: Bool
    let knowsUnixSockets: Bool

    func has(_ need: TransportCase.Need) -> Bool {
        switch need {
        case .connections: connects
        case .unixSockets: knowsUnixSockets
        case .option(let name): path(of: name) != nil
        }
    }

    /// Where an option of this name stands below `spec.transport`.
    func path(of option: String) -> String? {
        [option, "timeouts.\(option)"].first { options.contains($0) }
    }
}
