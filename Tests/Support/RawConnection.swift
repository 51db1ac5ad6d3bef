import NIOConcurrencyHelpers

/// What came in on one connection of a ``RawServer``.
public final class RawConnection: Sendable {
    /// How many connections had been accepted before it.
    public let index: Int
    private let bytes = NIOLockedValueBox<[UInt8]>([])
    private let hasError = NIOLockedValueBox(false)
    let scriptEnd = Eventual<Void>()
    let end = Eventual<Void>()

    init(index: Int) {
        self.index = index
    }

    /// Every byte so far, exactly as it came.
    public var received: [UInt8] { bytes.withLockedValue { $0 } }

    /// ``received`` as text.
    public var receivedText: String { String(decoding: received, as: UTF8.self) }

    /// Whether nothing went wrong with the connection: no reset, and inside TLS no end without a farewell.
    public var closedInOrder: Bool { end.current != nil && !hasError.withLockedValue { $0 } }

    /// Waits until every step of the script has been done.
    /// - Throws: ``WaitedTooLong``, or ``ConnectionEndedEarly`` when the client closed before.
    public func scriptEnded() async throws {
        try await scriptEnd.value("the end of the script of connection \(index)")
    }

    /// Waits until the connection is closed, by whomever.
    /// - Throws: ``WaitedTooLong`` when it is not.
    public func closed() async throws {
        try await end.value("the end of connection \(index)")
    }

    func failed() {
        hasError.withLockedValue { $0 = true }
    }

    func append(_ more: some Sequence<UInt8>) {
        bytes.withLockedValue { $0.append(contentsOf: more) }
    }
}

/// The client closed a connection before the script was through.
public struct ConnectionEndedEarly: Error, CustomStringConvertible {
    /// The step that was waiting.
    public let step: RawServer.Step
    /// What had come in.
    public let received: String

    public var description: String { "closed while the server was at \(step); received so far: \(received)" }
}
