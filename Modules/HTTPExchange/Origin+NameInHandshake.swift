internal import NIOCore
internal import TransportCore

extension Origin {
    /// The name that goes into a TLS handshake and is verified; `nil` for an address, which is verified against the certificate by itself.
    /// The dot that may end a name is no part of it (RFC 6066, section 3).
    var nameInHandshake: String? {
        guard (try? SocketAddress(ipAddress: serverName, port: 0)) == nil else { return nil }
        return serverName.hasSuffix(".") ? String(serverName.dropLast()) : serverName
    }
}
