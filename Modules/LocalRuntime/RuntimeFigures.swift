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

    /// What happens to functions of one type.
    final class Counted: Sendable {
        private let counts = NIOLockedValueBox(Function())

        var function: Function { counts.withLockedValue { $0 } }

        func change<Result>(_ body: (inout Function) -> Result) -> Result {
            counts.withLockedValue(body)
        }
    }

    private struct State {
        var functions = NameTable<Counted>()
        var taken = NameTable<Int>()
        var lettersOfUnserved = 0
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
        state.withLockedValue { $0.functions.sorted().map { ($0.name, $0.value.function) } }
    }

    var taken: [(topic: String, count: Int)] {
        state.withLockedValue { $0.taken.sorted().map { ($0.name, $0.value) } }
    }

    /// Dead letters to functions that no endpoint serves. They have no figures of their own, as there is no end to their names.
    var lettersOfUnserved: Int { state.withLockedValue { $0.lettersOfUnserved } }

    func letterOfUnserved() {
        state.withLockedValue { $0.lettersOfUnserved += 1 }
    }

    /// Where to count what happens to functions of a type.
    func figures(of functionType: String) -> Counted {
        state.withLockedValue { state in
            if let known = state.functions[functionType] { return known }
            let new = Counted()
            state.functions[functionType] = new
            return new
        }
    }

    func taken(topic: String, _ count: Int) {
        state.withLockedValue { $0.taken[topic, default: 0] += count }
    }

    func attemptEnded(functionType: String, nanoseconds: Int64, failure: RequestReplyFailure.Kind?) {
        let now = now()
        let change = figures(of: functionType).change { function -> Outage.Change? in
            function.latency.add(Double(nanoseconds) / 1e9)
            if failure != nil {
                function.failures += 1
            }
            return function.outage.attemptEnded(failure, at: now)
        }
        if let change {
            changed(functionType, change)
        }
    }

    func inFlightChanged(functionType: String, by change: Int) {
        figures(of: functionType).change { $0.inFlight += change }
    }

    func backlogChanged(functionType: String, by change: Int) {
        figures(of: functionType).change { $0.backlog += change }
    }
}
