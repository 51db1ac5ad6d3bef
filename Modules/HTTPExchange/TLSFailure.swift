internal import NIOSSL
internal import TransportCore

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// What errors of the TLS library mean for a call.
enum TLSFailure {
    /// The peers' words for a certificate of ours that is missing or that they do not take (RFC 8446, section 6.2).
    private static let refusals = ["CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED"]
    /// The library's words for bytes that are no TLS.
    private static let noTLS: Set<String> = ["WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST"]
    /// The library's words, and the peers', for versions that are too old.
    private static let oldVersions: Set<String> = ["TLSV1_ALERT_PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL"]

    /// The failure of a handshake.
    /// - Parameter certificate: what the peer has shown, where it got that far.
    static func handshakeFailed(
        _ error: any Error,
        with origin: Origin,
        showing certificate: NIOSSLCertificate? = nil
    ) -> RequestReplyFailure {
        if let refusal = refusal(error, by: origin) { return refusal }
        if isOursToRefuse(error) {
            let (reason, remedy) = unsoundness(error, of: certificate, trust: origin.tls?.trustCACerts)
            return RequestReplyFailure(
                .certificateRefused,
                "the certificate of \(origin) is refused: it does not verify for '\(origin.serverName)' (\(reason)); \(remedy)"
            )
        }
        var message = "the TLS handshake with \(origin) failed: \(SystemErrorText.of(error))"
        let reasons = reasons(of: error)
        if reasons.contains("SSLV3_ALERT_HANDSHAKE_FAILURE"), origin.tls?.clientCert == nil {
            message += "; it may want a certificate, which client_cert and client_key name"
        } else if reasons.contains(where: noTLS.contains) {
            let scheme: EndpointURL.Scheme =
                switch origin.place {
                case .tcp: .http
                case .unix: .httpUnix
                }
            message += "; write \(scheme.rawValue):// where it is to be called without"
        }
        return RequestReplyFailure(.handshakeFailed, message)
    }

    /// What is wrong with a certificate, and what to do.
    private static func unsoundness(
        _ error: any Error,
        of certificate: NIOSSLCertificate?,
        trust: Setting<String>?
    ) -> (reason: String, remedy: String) {
        if case let error as NIOSSLExtraError = error, error == .failedToValidateHostname {
            return ("it is for another name", "call it by the name that it was made for")
        }
        // The library says only that the chain does not verify. The usual reason stands in the certificate itself.
        if let certificate, certificate.notValidAfter < time(nil) {
            return ("it has expired", "renew it")
        }
        if let certificate, certificate.notValidBefore > time(nil) {
            return ("its time has not come yet", "set the clocks right, or wait")
        }
        return trust == nil
            ? ("no authority that this system trusts has signed it", "name its authority with trust_cacerts")
            : ("no authority in trust_cacerts has signed it, or one whose own certificate has expired", "name its authority there")
    }

    /// The failure that an error means by which a peer refuses our certificate, or wants one; `nil` for every other error.
    /// With TLS 1.3 it arrives after the handshake.
    static func refusal(_ error: any Error, by origin: Origin) -> RequestReplyFailure? {
        let isRefusal = reasons(of: error).contains { reason in
            guard let alert = alert(reason) else { return false }
            return refusals.contains { alert.contains($0) }
        }
        guard isRefusal else { return nil }
        let remedy =
            origin.tls?.clientCert == nil
            ? "name a certificate that it knows with client_cert and client_key"
            : "it does not take the one that client_cert names"
        return RequestReplyFailure(.certificateRefused, "\(origin) refuses this client (\(SystemErrorText.of(error))); \(remedy)")
    }

    /// What an error says, in a few words; `nil` where it is not one of the TLS library.
    static func text(of error: any Error) -> String? {
        switch error {
        case NIOSSLError.uncleanShutdown:
            return "the peer closed the connection without saying so inside TLS"
        default:
            break
        }
        let texts = reasons(of: error).map { reason -> String in
            if oldVersions.contains(reason) { return "the peer speaks no version of TLS from TLS 1.2 on" }
            if let alert = alert(reason) { return "the peer says: \(plain(alert))" }
            if noTLS.contains(reason) { return "the peer does not speak TLS" }
            return reason == "EOF during handshake" ? "the peer closed the connection" : plain(reason)
        }
        return texts.first
    }

    /// Whether the peer's certificate is what is wrong.
    private static func isOursToRefuse(_ error: any Error) -> Bool {
        switch error {
        case let error as NIOSSLExtraError where error == .failedToValidateHostname: true
        case NIOSSLError.noCertificateToValidate, NIOSSLError.unableToValidateCertificate: true
        default: reasons(of: error).contains("CERTIFICATE_VERIFY_FAILED")
        }
    }

    /// The name of an alert that the peer sent: `BAD_CERTIFICATE` of `SSLV3_ALERT_BAD_CERTIFICATE`.
    private static func alert(_ reason: String) -> String? {
        for marker in ["SSLV3_ALERT_", "TLSV1_ALERT_", "TLSV1_"] where reason.hasPrefix(marker) {
            return String(reason.dropFirst(marker.count))
        }
        return nil
    }

    private static func plain(_ reason: String) -> String {
        reason.lowercased().replacing("_", with: " ")
    }

    /// The library's names for what happened, such as `CERTIFICATE_VERIFY_FAILED`, the first one first.
    private static func reasons(of error: any Error) -> [String] {
        let stack: NIOBoringSSLErrorStack
        switch error {
        case NIOSSLError.handshakeFailed(let inner), NIOSSLError.shutdownFailed(let inner):
            return reasons(of: inner)
        case BoringSSLError.sslError(let errors), BoringSSLError.unknownError(let errors):
            stack = errors
        case BoringSSLError.syscallError, BoringSSLError.zeroReturn:
            return ["the peer closed the connection"]
        default:
            return []
        }
        return stack.map { error in
            // Code, library, name, source file and line; of a synthetic one the words alone.
            let text = "\(error)"
            guard let name = text.firstRange(of: "OPENSSL_internal:") else {
                return String(text.dropFirst("Error:".count).drop { $0 == " " })
            }
            let rest = text[name.upperBound...]
            return String(rest[..<(rest.firstRange(of: " at ")?.lowerBound ?? rest.endIndex)])
        }
    }
}
