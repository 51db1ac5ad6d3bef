import Foundation
import NIOSSL
import TestSupport
import Testing
import TransportCore

@testable import HTTPExchange

/// What makes files of certificates and keys usable, and when they are read again.
@Suite struct TLSContextsTests {
    private func problems(_ settings: TLSSettings) -> [String] {
        HTTPConnector().problems(with: settings).map(\.description)
    }

    // MARK: Sound

    @Test("sound files are no problem, and neither are none")
    func sound() async throws {
        let certificates = try await TestCertificates.shared()
        #expect(problems(TLSSettings()) == [])
        #expect(problems(.files(trust: certificates.authority)) == [])
        let client = certificates.client
        #expect(problems(.files(trust: certificates.authority, cert: client.certificate, key: client.key)) == [])
        #expect(
            problems(
                .files(cert: client.certificate, key: certificates.encryptedClientKey, password: certificates.clientKeyPasswordFile)
            ) == []
        )
        // A password that nobody needs does no harm.
        #expect(problems(.files(cert: client.certificate, key: client.key, password: certificates.clientKeyPasswordFile)) == [])
    }

    @Test("a password counts without the line ends that editors leave", arguments: ["", "\n", "\r\n", "\n\n"])
    func passwordEnds(end: String) async throws {
        let certificates = try await TestCertificates.shared()
        let folder = try TemporaryDirectory()
        let password = try folder.write("correct horse\(end)", to: "password")
        #expect(problems(.files(cert: certificates.client.certificate, key: certificates.encryptedClientKey, password: password)) == [])
    }

    // MARK: Unsound

    @Test("folders, devices and empty files are no certificates", arguments: ["/", "/dev/zero", "/dev/null"])
    func noFiles(path: String) {
        let found = problems(.files(trust: path))
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("module.yaml:1:3: error: trust_cacerts: '\(path)' ") == true)
    }

    @Test("a key that belongs to another certificate is a problem")
    func mismatch() async throws {
        let certificates = try await TestCertificates.shared()
        let found = problems(.files(cert: certificates.client.certificate, key: certificates.strangerClient.key))
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("module.yaml:3:3: error: ") == true)
        #expect(found.first?.hasSuffix("; check that client_key is the key of the first certificate in client_cert") == true)
        #expect(found.first?.contains(".cc:") == false)
    }

    @Test("a certificate where a key should be, and the other way round, are problems")
    func swapped() async throws {
        let certificates = try await TestCertificates.shared()
        let (certificate, key) = (certificates.client.certificate, certificates.client.key)
        #expect(problems(.files(cert: key, key: key)).map { $0.contains("holds no PEM certificate") } == [true])
        #expect(problems(.files(cert: certificate, key: certificate)).map { $0.contains("holds no PEM private key") } == [true])
    }

    @Test("an encrypted key without a password says what is missing")
    func noPassword() async throws {
        let certificates = try await TestCertificates.shared()
        let key = certificates.encryptedClientKey
        #expect(
            problems(.files(cert: certificates.client.certificate, key: key)) == [
                "module.yaml:3:3: error: client_key: '\(key)' is encrypted; "
                    + "add client_key_password, a file that holds its password"
            ]
        )
    }

    @Test(
        "a password that does not open the key is a problem, whatever it holds",
        arguments: ["wrong", "", "\n", "correct horse ", "correct horse\nbattery", String(repeating: "x", count: 5000), "\0"]
    )
    func wrongPassword(text: String) async throws {
        let certificates = try await TestCertificates.shared()
        let folder = try TemporaryDirectory()
        let password = try folder.write(text, to: "password")
        let key = certificates.encryptedClientKey
        #expect(
            problems(.files(cert: certificates.client.certificate, key: key, password: password)) == [
                "module.yaml:4:3: error: client_key_password does not open '\(key)'; write the key's password into the file"
            ]
        )
    }

    @Test("a password outside ASCII is refused in words, and does not end the program", arguments: ["grün\n", "\u{80}"])
    func foreignPassword(text: String) async throws {
        let certificates = try await TestCertificates.shared()
        let folder = try TemporaryDirectory()
        let password = try folder.write(text, to: "password")
        let found = problems(.files(cert: certificates.client.certificate, key: certificates.encryptedClientKey, password: password))
        #expect(
            found == [
                "module.yaml:4:3: error: client_key_password: the password in '\(password)' has characters outside ASCII, "
                    + "which are not supported; give the key a password of ASCII characters"
            ]
        )
    }

    // MARK: Keeping

    @Test("the same settings share a context, until one of the files changes")
    func kept() async throws {
        let certificates = try await TestCertificates.shared()
        let folder = try TemporaryDirectory()
        let authority = try Data(contentsOf: URL(fileURLWithPath: certificates.authority))
        let trust = try folder.write(authority, to: "trust.pem")
        let contexts = TLSContexts(logger: RecordedLog().logger)
        let first = try contexts.context(for: .files(trust: trust))
        #expect(try contexts.context(for: .files(trust: trust)) === first)
        #expect(try contexts.context(for: .files(trust: certificates.authority)) !== first)
        _ = try folder.write(authority + Data("\n".utf8), to: "trust.pem")
        let second = try contexts.context(for: .files(trust: trust))
        #expect(second !== first)
        #expect(try contexts.context(for: .files(trust: trust)) === second)
    }

    @Test("files that cannot be used any more leave the context before in use until they change again, and are told of once")
    func stays() async throws {
        let certificates = try await TestCertificates.shared()
        let folder = try TemporaryDirectory()
        let log = RecordedLog()
        let contexts = TLSContexts(logger: log.logger)
        func copy(_ file: String, to name: String) throws -> String {
            try folder.write(try Data(contentsOf: URL(fileURLWithPath: file)), to: name)
        }
        let certificate = try copy(certificates.client.certificate, to: "client.pem")
        let key = try copy(certificates.client.key, to: "client.key")
        let settings = TLSSettings.files(cert: certificate, key: key)
        let first = try contexts.context(for: settings)
        #expect(contexts.problem(with: settings) == nil)
        // The key that belongs to it has not been written yet.
        _ = try copy(certificates.strangerClient.certificate, to: "client.pem")
        for _ in 1...3 { #expect(try contexts.context(for: settings) === first) }
        let problem = contexts.problem(with: settings)
        #expect(problem?.severity == .warning)
        #expect(problem?.message.contains("cannot be used together") == true)
        #expect(log.entries.count == 1)
        #expect(log.entries.first?.metadata["reason"]?.contains("cannot be used together") == true)
        _ = try copy(certificates.strangerClient.key, to: "client.key")
        let second = try contexts.context(for: settings)
        #expect(second !== first)
        #expect(contexts.problem(with: settings) == nil)
        try FileManager.default.removeItem(atPath: key)
        #expect(try contexts.context(for: settings) === second)
        #expect(log.entries.count == 2)
    }

    @Test("files that could not be used are read again, also where they look the same")
    func readAgain() async throws {
        let authority = try Data(contentsOf: URL(fileURLWithPath: try await TestCertificates.shared().authority))
        let folder = try TemporaryDirectory()
        let contexts = TLSContexts(logger: RecordedLog().logger)
        let trust = try folder.write(authority, to: "trust.pem")
        func put(_ bytes: Data) throws {
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: trust))
            try file.write(contentsOf: bytes)
            try file.close()
            try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1_700_000_000)], ofItemAtPath: trust)
        }
        let first = try contexts.context(for: .files(trust: trust))
        try put(Data(repeating: 0x20, count: authority.count))
        #expect(try contexts.context(for: .files(trust: trust)) === first)
        try put(authority)
        let second = try contexts.context(for: .files(trust: trust))
        #expect(second !== first)
        #expect(contexts.problem(with: .files(trust: trust)) == nil)
    }
}
