internal import NIOSSL

/// For which hosts a certificate is (RFC 9525, sections 6.3 to 6.5).
enum CertificateNames {
    /// Whether a certificate is for the host with a name.
    ///
    /// The TLS library verifies the name as well, but also takes a certificate for the address that the connection leads to. Whoever can
    /// choose that address, such as by answering for the name, would need a certificate for nothing but an address of their own.
    static func of(_ certificate: NIOSSLCertificate, cover host: String) -> Bool {
        var hasNames = false
        for name in certificate._subjectAlternativeNames() {
            hasNames = true
            if name.nameType == .dnsName, covers(Array(name.contents), host: Array(host.utf8)) { return true }
        }
        // One without any is for its common name, which the library has looked at.
        return !hasNames
    }

    /// - Parameter pattern: a name, or `*.` and a name: then each host directly below that.
    static func covers(_ pattern: [UInt8], host: [UInt8]) -> Bool {
        let (pattern, host) = (plain(pattern), plain(host))
        guard pattern.starts(with: "*.".utf8) else { return pattern == host && !host.isEmpty }
        guard let dot = host.firstIndex(of: UInt8(ascii: ".")), dot > 0 else { return false }
        return host[dot...].elementsEqual(pattern[1...])
    }

    /// Without the dot that may end a name, and in lower case.
    private static func plain(_ name: [UInt8]) -> [UInt8] {
        (name.last == UInt8(ascii: ".") ? name.dropLast() : name[...]).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    }
}
