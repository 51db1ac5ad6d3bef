internal import TransportCore

/// Decides what becomes of the requests of one connection: when one is whole, which ones are refused, and when somebody who
/// sends or takes too slowly is cut off.
///
/// A request is collected here and handed on only when it is whole, so nobody ever sees a part of one.
struct ConnectionMachine {
    /// How long, and how much.
    struct Limits: Equatable {
        var body: Int
        var idle: Duration
        var transfer: Duration
        /// How long to wait for the client to close after it was told that the connection ends.
        var farewell: Duration
        /// The same where it is closed for a reason of ours, and has not got all that was sent.
        var parting = Duration.milliseconds(500)
        /// How long a request that is coming in when the server begins to shut down may still take.
        var completion = Duration.seconds(1)
        /// How long nothing of an answer may be taken while the server shuts down.
        var drainingTransfer = Duration.seconds(2)
    }

    /// What is to be done.
    enum Action: Equatable {
        case nothing
        /// Keep the part that came: its request is not whole yet.
        case keep
        /// Keep the head that came and tell the client to send the body.
        case keepAndContinue
        /// Hand on the request.
        case forward
        /// Throw the part away.
        case drop
        /// Answer with the refusal, and nothing after it.
        case refuse(HTTPRefusal)
        /// Send nothing more, and wait for the client to close.
        case shutOutput
        /// The same, unless the client has got everything: then close.
        case closeBehindAnswers
        case close
    }

    private enum State {
        /// Requests are taken. Next: refusing, sendingLast, ended.
        case serving(Serving)
        /// A request was refused while earlier ones are being answered. Next: sendingLast, ended.
        case refusing(HTTPRefusal, unanswered: Int)
        /// The last answer waits for the socket to take it. Next: leaving, ended.
        case sendingLast(since: TransportInstant)
        /// Nothing more is sent, and what comes is thrown away. Next: ended.
        case leaving(until: TransportInstant)
        /// Final.
        case ended
    }

    private struct Serving {
        /// The request that is coming in: when its head came, and how many bytes of its body have.
        var incoming: (since: TransportInstant, count: Int)?
        /// Requests that were handed on, and whose answers have not been sent.
        var unanswered = 0
        /// Since when answers wait for the socket to take something of them.
        var sendingSince: TransportInstant?
        /// When the connection was opened, or last became idle.
        var quietSince: TransportInstant
    }

    private let limits: Limits
    private var state: State
    /// Since when the server is shutting down.
    private var drainingSince: TransportInstant?
    /// The client sends nothing more.
    private(set) var hasInputEnded = false

    init(_ limits: Limits, openedAt now: TransportInstant) {
        self.limits = limits
        state = .serving(Serving(quietSince: now))
    }

    /// When ``timerFired(at:)`` is to be called next; `nil` for not at all.
    var deadline: TransportInstant? {
        switch state {
        case .serving(let serving):
            guard let completion = completion(serving) else { return deadline(serving) }
            return min(completion, deadline(serving) ?? completion)
        case .sendingLast(let since): return transferEnd(since)
        case .leaving(let end): return end
        case .refusing, .ended: return nil
        }
    }

    private func deadline(_ serving: Serving) -> TransportInstant? {
        // While an answer is worked on, only that can take long, and whoever works on it has limits of their own.
        if let since = serving.sendingSince { return transferEnd(since) }
        if serving.unanswered > 0 { return nil }
        if let incoming = serving.incoming { return incoming.since.advanced(by: limits.transfer) }
        return serving.quietSince.advanced(by: limits.idle)
    }

    /// Until when something of the answers has to be taken.
    private func transferEnd(_ since: TransportInstant) -> TransportInstant {
        let end = since.advanced(by: limits.transfer)
        return drainingSince.map { min(end, max(since, $0).advanced(by: limits.drainingTransfer)) } ?? end
    }

    /// Until when the request that is coming in has to be whole, where the server is shutting down.
    private func completion(_ serving: Serving) -> TransportInstant? {
        serving.incoming == nil ? nil : drainingSince?.advanced(by: limits.completion)
    }

    private var isDraining: Bool { drainingSince != nil }

    /// Whether further requests are taken. Otherwise nobody has to hold back what comes.
    var takesRequests: Bool {
        if case .serving = state { !isDraining } else { false }
    }

    /// Whether the connection ends with the next answer.
    var isNextAnswerLast: Bool {
        if case .serving(let serving) = state { serving.unanswered == 1 && isEnding(serving) } else { false }
    }

    /// Whether the connection ends when what is there has been answered.
    private func isEnding(_ serving: Serving) -> Bool {
        hasInputEnded || isDraining && serving.incoming == nil
    }

    /// - Parameters:
    ///   - length: what the head says about the length of the body.
    ///   - expectsContinue: whether the client waits to be told to send the body.
    mutating func headReceived(length: Int?, expectsContinue: Bool, at now: TransportInstant) -> Action {
        // Where the server is shutting down, the last answer says that this one is not taken.
        guard case .serving(var serving) = state, !isDraining else { return .drop }
        if let length, length > limits.body {
            return refuse(.bodyTooLong(limit: limits.body), serving, at: now)
        }
        serving.incoming = (now, 0)
        state = .serving(serving)
        // An earlier answer may be on its way; a word in between would be taken for a part of it.
        return expectsContinue && serving.unanswered == 0 ? .keepAndContinue : .keep
    }

    mutating func bodyReceived(_ count: Int, at now: TransportInstant) -> Action {
        guard case .serving(var serving) = state, let incoming = serving.incoming else { return .drop }
        let sum = incoming.count + count
        guard sum <= limits.body else { return refuse(.bodyTooLong(limit: limits.body), serving, at: now) }
        serving.incoming = (incoming.since, sum)
        state = .serving(serving)
        return .keep
    }

    mutating func requestEnded() -> Action {
        guard case .serving(var serving) = state, serving.incoming != nil else { return .drop }
        serving.incoming = nil
        serving.unanswered += 1
        state = .serving(serving)
        return .forward
    }

    /// What came is not a request.
    mutating func failed(_ refusal: HTTPRefusal, at now: TransportInstant) -> Action {
        guard case .serving(let serving) = state else { return .nothing }
        return refuse(refusal, serving, at: now)
    }

    private mutating func refuse(_ refusal: HTTPRefusal, _ serving: Serving, at now: TransportInstant) -> Action {
        guard serving.unanswered > 0 else {
            state = .sendingLast(since: serving.sendingSince ?? now)
            return .refuse(refusal)
        }
        state = .refusing(refusal, unanswered: serving.unanswered)
        return .drop
    }

    /// The end of an answer is on its way to the socket.
    /// - Parameter isLast: whether the answer says that the connection ends with it.
    mutating func answerSent(isLast: Bool, at now: TransportInstant) -> Action {
        switch state {
        case .serving(var serving):
            serving.unanswered = max(0, serving.unanswered - 1)
            serving.sendingSince = serving.sendingSince ?? now
            serving.quietSince = now
            if var incoming = serving.incoming {
                incoming.since = now
                serving.incoming = incoming
            }
            state = isLast ? .sendingLast(since: now) : .serving(serving)
            return .nothing
        case .refusing where isLast:
            // The client expects nothing behind it.
            state = .sendingLast(since: now)
            return .nothing
        case .refusing(let refusal, let unanswered):
            guard unanswered <= 1 else {
                state = .refusing(refusal, unanswered: unanswered - 1)
                return .nothing
            }
            state = .sendingLast(since: now)
            return .refuse(refusal)
        case .sendingLast, .leaving, .ended:
            return .nothing
        }
    }

    /// The socket has taken every answer that was sent.
    mutating func answersTaken(at now: TransportInstant) -> Action {
        switch state {
        case .serving(var serving):
            serving.sendingSince = nil
            serving.quietSince = now
            return end(serving, at: now)
        case .sendingLast:
            return leave(.shutOutput, for: limits.farewell, at: now)
        case .refusing, .leaving, .ended:
            return .nothing
        }
    }

    /// The client sends nothing more.
    mutating func inputEnded(at now: TransportInstant) -> Action {
        hasInputEnded = true
        switch state {
        case .serving(var serving):
            // What has come of it is no request and never will be.
            serving.incoming = nil
            return end(serving, at: now)
        case .leaving:
            state = .ended
            return .close
        case .refusing, .sendingLast, .ended:
            return .nothing
        }
    }

    /// The server is shutting down: what is there is answered, and nothing else.
    mutating func drainBegan(at now: TransportInstant) -> Action {
        drainingSince = drainingSince ?? now
        guard case .serving(let serving) = state else { return .nothing }
        return end(serving, at: now)
    }

    /// Ends the connection where nothing is left to be done.
    private mutating func end(_ serving: Serving, at now: TransportInstant) -> Action {
        state = .serving(serving)
        guard isEnding(serving), serving.unanswered == 0 else { return .nothing }
        if let since = serving.sendingSince {
            state = .sendingLast(since: since)
            return .nothing
        }
        return leave(.closeBehindAnswers, for: limits.parting, at: now)
    }

    /// Waits for the client to close, where it has not.
    private mutating func leave(_ action: Action, for limit: Duration, at now: TransportInstant) -> Action {
        state = hasInputEnded ? .ended : .leaving(until: now.advanced(by: limit))
        return hasInputEnded ? .close : action
    }

    /// The connection is to end, whatever goes on.
    mutating func cutOff(at now: TransportInstant) -> Action {
        switch state {
        case .serving, .refusing, .sendingLast, .leaving: leave(.closeBehindAnswers, for: limits.parting, at: now)
        case .ended: .nothing
        }
    }

    /// The socket has taken a part of the answers: the client reads, however slowly.
    mutating func answersPartlyTaken(at now: TransportInstant) {
        switch state {
        case .serving(var serving) where serving.sendingSince != nil:
            serving.sendingSince = now
            state = .serving(serving)
        case .sendingLast:
            state = .sendingLast(since: now)
        case .serving, .leaving, .refusing, .ended:
            break
        }
    }

    mutating func timerFired(at now: TransportInstant) -> Action {
        guard let deadline, deadline <= now else { return .nothing }
        if case .serving(let serving) = state {
            if let completion = completion(serving), completion <= now { return refuse(.stopping, serving, at: now) }
            if serving.incoming != nil, serving.sendingSince == nil {
                return refuse(.tooSlow(limit: limits.transfer), serving, at: now)
            }
        }
        if case .leaving = state {
            state = .ended
            return .close
        }
        return cutOff(at: now)
    }

    /// The connection is closed.
    mutating func closed() {
        state = .ended
    }
}
