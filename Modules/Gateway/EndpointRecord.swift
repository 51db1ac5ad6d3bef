internal import Logging
internal import NIOConcurrencyHelpers
internal import RuntimeCore
internal import TransportCore

/// What is known of an endpoint: counters since the start of the process, across changes of the module file, and whether it
/// answers.
final class EndpointRecord: RemoteInvocationMetrics {
    struct Figures {
        var calls = 0
        var attempts = 0
        var failedAttempts = 0
        /// Failed calls by what the failure is called.
        var failures: [String: Int] = [:]
        /// Requests that became no call, by the status that they were answered with.
        var refusals: [Int: Int] = [:]
        /// Seconds of each call, from its beginning to its answer, without the time in line.
        var latency = FigureHistogram(bounds: FigureHistogram.secondsOfCalls)
        /// What the log has been told of the endpoint.
        fileprivate var outage = EndpointOutage()
        /// What it has been told of requests without one, by their status, so that one kind does not hide another.
        fileprivate var sharedOutages: [Int: EndpointOutage] = [:]
    }

    /// What the endpoint is called in a ``CallLine``.
    let id: Int
    /// Its target functions, as the module file writes them.
    let name: String
    private let isShared: Bool
    private let logger: Logger
    private let state: NIOLockedValueBox<Figures>

    /// - Parameter isShared: whether it stands for all requests without an endpoint.
    init(id: Int, name: String, logger: Logger, isShared: Bool = false) {
        self.isShared = isShared
        state = NIOLockedValueBox(Figures())
        self.id = id
        self.name = name
        self.logger = logger
    }

    var figures: Figures { state.withLockedValue { $0 } }

    func attemptEnded(functionType: String, nanoseconds: Int64, failure: RequestReplyFailure.Kind?) {
        state.withLockedValue {
            $0.attempts += 1
            if failure != nil {
                $0.failedAttempts += 1
            }
        }
    }

    /// A call is over.
    func callEnded(_ failure: RequestReplyFailure?, nanoseconds: Int64, at now: TransportInstant) {
        let report = state.withLockedValue { figures -> EndpointOutage.Report? in
            figures.calls += 1
            figures.latency.add(Double(nanoseconds) / 1e9)
            guard let failure else { return figures.outage.callAnswered(at: now) }
            figures.failures[failure.kind.description, default: 0] += 1
            // Whose call is ended by somebody here, or by the runtime, says nothing about the endpoint.
            return failure.kind == .cancelled || failure.kind == .shutDown
                ? nil : figures.outage.callFailed(at: now)
        }
        tell(report, failure?.text.loggable ?? "")
    }

    /// A request became no call.
    func refused(_ refusal: GatewayRefusal, at now: TransportInstant) {
        let report = state.withLockedValue { figures -> EndpointOutage.Report? in
            figures.refusals[refusal.status, default: 0] += 1
            if refusal == .stopping { return nil }
            guard isShared else { return figures.outage.callFailed(at: now) }
            return figures.sharedOutages[refusal.status, default: EndpointOutage(repeats: true)].callFailed(at: now)
        }
        tell(report, refusal.message)
    }

    private func tell(_ report: EndpointOutage.Report?, _ reason: String) {
        switch report {
        case .down where isShared: logger.warning("a request cannot be passed on", metadata: ["reason": "\(reason)"])
        case .down: logger.warning("\(name) fails", metadata: ["endpoint": "\(name)", "reason": "\(reason)"])
        case .flapping:
            logger.warning("\(name) fails and answers by turns", metadata: ["endpoint": "\(name)", "reason": "\(reason)"])
        // As loud as the failure: whoever read that waits for this.
        case .back(let failed): logger.warning("\(name) answers again", metadata: ["endpoint": "\(name)", "failed": "\(failed)"])
        case nil: break
        }
    }
}

extension EndpointRecord: Equatable {
    static func == (left: EndpointRecord, right: EndpointRecord) -> Bool { left === right }
}
