internal import NIOCore

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// The socket of a channel, by the system's calls. To be used on the loop of the channel, while that is open.
struct ChannelDescriptor {
    #if canImport(Darwin)
        // SwiftNIO has told the socket itself.
        private static let noSignal: CInt = 0
    #else
        private static let noSignal = CInt(MSG_NOSIGNAL)
    #endif

    private let handle: NIOBSDSocket.Handle

    /// - Returns: `nil` for a channel that has no socket, such as one of a test.
    init?(of channel: any Channel) {
        let handle = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { $0 }
        guard let handle = handle ?? nil else { return nil }
        self.handle = handle
    }

    /// Hands bytes to the system.
    /// - Returns: how many it has taken.
    func send(_ bytes: UnsafeRawBufferPointer) throws(IOError) -> Int {
        while true {
            #if canImport(Darwin)
                let count = Darwin.send(handle, bytes.baseAddress, bytes.count, Self.noSignal)
            #elseif canImport(Musl)
                let count = Musl.send(handle, bytes.baseAddress, bytes.count, Self.noSignal)
            #else
                let count = Glibc.send(handle, bytes.baseAddress, bytes.count, Self.noSignal)
            #endif
            guard count < 0 else { return count }
            switch errno {
            case EINTR: continue
            case EAGAIN, EWOULDBLOCK: return 0
            case let code: throw IOError(errnoCode: code, reason: "send")
            }
        }
    }
}
