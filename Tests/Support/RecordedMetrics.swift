import NIOConcurrencyHelpers
public import TransportCore

/// Keeps what a transport tells about attempts and calls.
public final class RecordedMetrics: RemoteInvocationMetrics {
    public struct Event: Sendable, Equatable {
        public let functionType: String
        public let milliseconds: Int64
        /// Why there was no answer; `nil` where there was one.
        public let failure: RequestReplyFailure.Kind?

        public init(functionType: String, milliseconds: Int64, failure: RequestReplyFailure.Kind?) {
            self.functionType = functionType
            self.milliseconds = milliseconds
            self.failure = failure
        }
    }

    private struct Heard {
        var attempts: [Event] = []
        var calls: [Event] = []
    }

    private let heard = NIOLockedValueBox(Heard())

    public init() {}

    public var attempts: [Event] { heard.withLockedValue { $0.attempts } }
    public var calls: [Event] { heard.withLockedValue { $0.calls } }

    /// How each attempt ended; `nil` for an answer.
    public var attemptOutcomes: [RequestReplyFailure.Kind?] { attempts.map(\.failure) }
    /// How each call ended; `nil` for an answer.
    public var callOutcomes: [RequestReplyFailure.Kind?] { calls.map(\.failure) }

    public func attemptEnded(functionType: String, nanoseconds: Int64, failure: RequestReplyFailure.Kind?) {
        let event = Event(functionType: functionType, milliseconds: nanoseconds / 1_000_000, failure: failure)
        heard.withLockedValue { $0.attempts.append(event) }
    }

    public func callEnded(functionType: String, nanoseconds: Int64, failure: RequestReplyFailure.Kind?) {
        let event = Event(functionType: functionType, milliseconds: nanoseconds / 1_000_000, failure: failure)
        heard.withLockedValue { $0.calls.append(event) }
    }
}
