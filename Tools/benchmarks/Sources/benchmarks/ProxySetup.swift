/// How requests come to a proxy.
struct ProxySetup: Sendable {
    /// Whether over a UNIX domain socket.
    let isUnix: Bool
    let inFlight: Int
    /// Bytes of the argument in a message.
    let bytes: Int

    var title: String {
        let size = bytes < 1_000 ? "\(bytes) bytes" : "\(bytes / 1_000) KB"
        return "\(isUnix ? "UNIX" : "TCP"), \(inFlight) × \(size)"
    }

    static let all = [false, true].flatMap { isUnix in
        [64, 1_024].flatMap { inFlight in
            [100, 100_000].map { ProxySetup(isUnix: isUnix, inFlight: inFlight, bytes: $0) }
        }
    }
}
