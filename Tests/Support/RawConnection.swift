import NIOConcurrencyHelpers

/// What came in on one connection of a ``RawServer``.
public final class RawConnection: Sendable {
    /// How many connections had been accepted before it.
    public let index: Int
    private let bytes = NIOLockedValueBox<[UInt8]>([])
    private let socketBytes: NIOLockedValueBox<[UInt8]>?
    private let observe: @Sendable (Int, RawServer.Event) -> Void
    private let hasError = NIOLockedValueBox(false)
    private let awaited = NIOLockedValueBox<[(count: Int, arrived: Eventual<Void>)]>([])
    let scriptEnd = Eventual<Void>()
    let end = Eventual<Void>()

    init(index: Int, isSecure: Bool, observe: @escaping @Sendable (Int, RawServer.Event) -> Void) {
        self.index = index
        self.observe = observe
        socketBytes = isSecure ? NIOLockedValueBox([]) : nil
    }

    /// Every byte so far, exactly as it came; inside TLS, what it said.
    public var received: [UInt8] { bytes.withLockedValue { $0 } }

    /// Every byte that came over the socket so far; inside TLS, as it was encrypted.
    public var receivedRaw: [UInt8] { socketBytes?.withLockedValue { $0 } ?? received }

    /// ``received`` as text.
    public var receivedText: String { String(decoding: received, as: UTF8.self) }

    /// Whether nothing went wrong with the connection: no reset, and inside TLS no end without a farewell.
    public var closedInOrder: Bool { end.current != nil && !hasError.withLockedValue { $0 } }

    /// Whether the connection is closed, by whomever.
    public var isClosed: Bool { end.current != nil }

    /// Waits until every step of the script has been done.
    /// - Throws: ``WaitedTooLong``, or ``ConnectionEndedEarly`` when the client closed before.
    public func scriptEnded() async throws {
        try await scriptEnd.value("the end of the script of connection \(index)")
    }

    /// Waits until that many bytes have come.
    /// - Throws: ``WaitedTooLong`` when they do not.
    public func received(count: Int) async throws {
        let arrived = Eventual<Void>()
        awaited.withLockedValue { $0.append((count, arrived)) }
        tellAwaited()
        try await arrived.value("\(count) bytes on connection \(index)")
    }

    private func tellAwaited() {
        let count = received.count
        let told = awaited.withLockedValue { awaited in
            defer { awaited.removeAll { $0.count <= count } }
            return awaited.filter { $0.count <= count }
        }
        for entry in told {
            entry.arrived.succeed(())
        }
    }

    /// Waits until the connection is closed, by whomever.
    /// - Throws: ``WaitedTooLong`` when it is not.
    public func closed() async throws {
        try await end.value("the end of connection \(index)")
    }

    func accepted() {
        observe(index, .accepted)
    }

    func failed() {
        hasError.withLockedValue { $0 = true }
    }

    func began(_ step: RawServer.Step) {
        observe(index, .began(step))
    }

    func append(_ more: [UInt8]) {
        bytes.withLockedValue { $0 += more }
        tellAwaited()
        observe(index, .received(more))
    }

    func appendRaw(_ more: some Sequence<UInt8>) {
        socketBytes?.withLockedValue { $0.append(contentsOf: more) }
    }

    func finished(waitingAt step: RawServer.Step?) {
        if let step {
            scriptEnd.fail(ConnectionEndedEarly(step: step, received: receivedText))
        }
        end.succeed(())
        observe(index, .closed(inOrder: closedInOrder))
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
