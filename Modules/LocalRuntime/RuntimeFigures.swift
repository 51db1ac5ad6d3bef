internal import NIOConcurrencyHelpers
internal import RuntimeCore
internal import TransportCore

/// Counts what happens, by function type, for the metrics of the ecosystem and for whoever wants to know who does not answer.
final class RuntimeFigures: RemoteInvocationMetrics {
    typealias Histogram = FigureHistogram

    struct Function: Sendable {
        var accepted = 0
        var consumed = 0
        var outgoing = 0
        var egress = 0
        var deadLetters = 0
        var inFlight = 0
        var backlog = 0
        var failures = 0
        /// Seconds of each attempt.
        var latency = Histogram(bounds: Histogram.secondsOfCalls)
        /// Invocations of each request.
        var batchSize = Histogram(bounds: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000])
        var outage = Outage()
    }

    /// Whether a function answers. Failures that soon pass are nobody's business.
    struct Outage: Sendable {
        /// When the first attempt failed since the last one that was answered.
        private(set) var since: TransportInstant?
        private(set) var isReported = false

        /// How long a function may fail before it is called down.
        static let patience = Duration.seconds(1)

        /// What there is to report; `nil` for nothing.
        enum Change: Equatable, Sendable {
            case down(RequestReplyFailure.Kind)
            case back
        }

        mutating func attemptEnded(_ failure: RequestReplyFailure.Kind?, at now: TransportInstant) -> Change? {
            guard let failure else {
                defer { self = Outage() }
                return isReported ? .back : nil
            }
            // Whose call is ended by somebody here says nothing about the function.
            guard failure != .cancelled, failure != .shutDown, failure != .staleConnection else { return nil }
            let start = since ?? now
            since = start
            guard !isReported, start.duration(to: now) >= Self.patience else { return nil }
            isReported = true
            return .down(failure)
        }
    }

    private struct State {
        var functions = NameTable<Function>()
        var taken = NameTable<Int>()
    }

    private let state = NIOLockedValueBox(State())
    private let now: @Sendable () -> TransportInstant
    private let changed: @Sendable (_ functionType: String, Outage.Change) -> Void

    /// - Parameter changed: hears when a function stops answering and when it answers again.
    init(now: @escaping @Sendable () -> TransportInstant, changed: @escaping @Sendable (_ functionType: String, Outage.Change) -> Void) {
        self.now = now
        self.changed = changed
    }

    var functions: [(functionType: String, figures: Function)] {
        state.withLockedValue { $0.functions.sorted().map { ($0.name, $0.value) } }
    }

    var taken: [(topic: String, count: Int)] {
        state.withLockedValue { $0.taken.sorted().map { ($0.name, $0.value) } }
    }

    private func change(_ functionType: String, _ body: (inout Function) -> Void) {
        state.withLockedValue { body(&$0.functions[functionType, default: Function()]) }
    }

    func accepted(functionType: String) {
        change(functionType) { $0.accepted += 1 }
    }

    func consumed(functionType: String, _ count: Int) {
        change(functionType) { $0.consumed += count }
    }

    func sent(functionType: String, messages: Int, egress: Int) {
        guard messages + egress > 0 else { return }
        change(functionType) {
            $0.outgoing += messages
            $0.egress += egress
        }
    }

    func batchSent(functionType: String, invocations: Int) {
        change(functionType) { $0.batchSize.add(Double(invocations)) }
    }

    func deadLetterKept(functionType: String) {
        change(functionType) { $0.deadLetters += 1 }
    }

    func taken(topic: String, _ count: Int) {
        state.withLockedValue { $0.taken[topic, default: 0] += count }
    }

    func attemptEnded(functionType: String, nanoseconds: Int64, failure: RequestReplyFailure.Kind?) {
        let now = now()
        let change = state.withLockedValue { state -> Outage.Change? in
            state.functions[functionType, default: Function()].latency.add(Double(nanoseconds) / 1e9)
            if failure != nil {
                state.functions[functionType]?.failures += 1
            }
            return state.functions[functionType]?.outage.attemptEnded(failure, at: now)
        }
        if let change {
            changed(functionType, change)
        }
    }

    func inFlightChanged(functionType: String, by change: Int) {
        self.change(functionType) { $0.inFlight += change }
    }

    func backlogChanged(functionType: String, by change: Int) {
        self.change(functionType) { $0.backlog += change }
    }
}
