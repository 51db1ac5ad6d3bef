package import RequestReply
package import TransportCore

/// Decides what follows an answer: the same batch again with the state that it lacked, or the end. A value without I/O.
package struct BatchRounds {
    /// Functions declare their state once; one that keeps finding something new is stopped here.
    static let maxRounds = 64

    package enum Action: Equatable {
        /// Register these and send the same invocations again.
        case resend(registering: [MissingState])
        /// Apply this.
        case finish(InvocationResult)
    }

    /// How many requests were answered.
    package private(set) var rounds = 0

    package init() {}

    /// A request has been answered.
    /// - Parameter sent: the names of the state that the request held.
    /// - Throws: `RequestReplyFailure` of kind `protocolBroken` where the function will never have enough.
    package mutating func answered(_ answer: FunctionAnswer, sent: @autoclosure () -> Set<ExactName>) throws(RequestReplyFailure) -> Action
    {
        rounds += 1
        switch answer {
        case .result(let result):
            return .finish(result)
        case .incomplete(let missing):
            let sent = sent()
            guard missing.contains(where: { !sent.contains(ExactName($0.name)) }) else {
                let names = missing.map { "'\($0.name)'" }.joined(separator: ", ")
                throw RequestReplyFailure(
                    .protocolBroken,
                    "the function asks for the state \(names), which the request held already; it would ask for ever"
                )
            }
            guard rounds < Self.maxRounds else {
                throw RequestReplyFailure(
                    .protocolBroken,
                    "the function has asked for more state \(rounds) times in a row; it would ask for ever"
                )
            }
            return .resend(registering: missing)
        }
    }
}
