import Foundation
import TestSupport
import Testing

@Suite struct TestCertificatesTests {
    private func openssl(_ arguments: String...) async throws -> ChildProcess.Outcome {
        try await ChildProcess.run("/usr/bin/env", ["openssl"] + arguments)
    }

    @Test(
        "each certificate is refused for the reason that it is there for",
        arguments: [
            (TestCertificates.Server.localhost, nil),
            (.expired, "certificate has expired"),
            (.wrongHost, "hostname mismatch"),
            (.selfSigned, "self-signed certificate"),
        ] as [(TestCertificates.Server, String?)]
    )
    func verification(server: TestCertificates.Server, reason: String?) async throws {
        let certificates = try await TestCertificates.shared()
        let outcome = try await openssl(
            "verify",
            "-CAfile",
            certificates.authority,
            "-verify_hostname",
            "localhost",
            certificates.server(server).certificate
        )
        #expect((outcome.status == 0) == (reason == nil))
        if let reason {
            #expect(outcome.errors.replacing("self signed", with: "self-signed").contains(reason))
        }
    }

    @Test("a client certificate is signed by the authority for clients only")
    func clientVerification() async throws {
        let certificates = try await TestCertificates.shared()
        let client = certificates.client.certificate
        #expect(try await openssl("verify", "-CAfile", certificates.clientAuthority, client).status == 0)
        #expect(try await openssl("verify", "-CAfile", certificates.authority, client).status != 0)
    }

    @Test("the encrypted key opens with the password of the file, and the file ends a line")
    func encryptedKey() async throws {
        let certificates = try await TestCertificates.shared()
        let key = try String(contentsOfFile: certificates.encryptedClientKey, encoding: .utf8)
        #expect(key.hasPrefix("-----BEGIN ENCRYPTED PRIVATE KEY-----"))
        let password = try String(contentsOfFile: certificates.clientKeyPasswordFile, encoding: .utf8)
        #expect(password.hasSuffix("\n"))
        // openssl reads the first line of a password file.
        let opened = try await openssl(
            "pkcs8",
            "-in",
            certificates.encryptedClientKey,
            "-passin",
            "file:\(certificates.clientKeyPasswordFile)"
        )
        #expect(opened.output == (try String(contentsOfFile: certificates.client.key, encoding: .utf8)))
    }
}
