import NIOConcurrencyHelpers
public import NIOCore

/// A socket that takes what is written when the test has it take something.
public final class FullSocket: ChannelOutboundHandler, Sendable {
    public typealias OutboundIn = ByteBuffer

    private let held = NIOLockedValueBox<[(bytes: Int, promise: EventLoopPromise<Void>?)]>([])

    public init() {}

    public func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        held.withLockedValue { $0.append((unwrapOutboundIn(data).readableBytes, promise)) }
    }

    /// How many bytes have been written and not been taken.
    public var heldBytes: Int { held.withLockedValue { $0.reduce(0) { $0 + $1.bytes } } }

    /// Takes the first of what is held. To be called on the loop of the connection.
    /// - Returns: how many bytes; `nil` where nothing is held.
    public func take() -> Int? {
        let first = held.withLockedValue { $0.isEmpty ? nil : $0.removeFirst() }
        first?.promise?.succeed()
        return first?.bytes
    }

    /// Fails at the first of what is held. To be called on the loop of the connection.
    /// - Returns: whether anything was held.
    public func fail() -> Bool {
        let first = held.withLockedValue { $0.isEmpty ? nil : $0.removeFirst() }
        first?.promise?.fail(ChannelError.ioOnClosedChannel)
        return first != nil
    }
}
