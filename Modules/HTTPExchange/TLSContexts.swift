internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOSSL
internal import TransportCore

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// TLS contexts by their settings, made again when one of the files has changed.
///
/// Where the files cannot be used as they are then, the context before stays until they change again: a certificate and its key are not
/// written at the same moment, and a slip costs no calls.
///
/// Reading files blocks; it is done on a thread that may block.
final class TLSContexts: Sendable {
    /// What tells that a file is another one than before.
    private struct Stamp: Equatable {
        let inode: UInt64
        let size: Int64
        let seconds: Int
        let nanoseconds: Int

        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            inode = UInt64(status.st_ino)
            size = Int64(status.st_size)
            #if canImport(Darwin)
                let modified = status.st_mtimespec
            #else
                let modified = status.st_mtim
            #endif
            seconds = modified.tv_sec
            nanoseconds = modified.tv_nsec
        }
    }

    private struct Entry {
        /// Of the files as they were last read.
        let stamps: [Stamp?]
        let context: NIOSSLContext
        /// Why the context is of earlier files; `nil` where it is not.
        let problem: SpecDiagnostic?
    }

    /// More contexts than these are not kept; each stands for a set of files that some endpoint names.
    private static let maxEntries = 256

    private let entries = NIOLockedValueBox<[TLSSettings: Entry]>([:])
    private let logger: Logger

    /// - Parameter logger: is told of files that cannot be used any more.
    init(logger: Logger) {
        self.logger = logger
    }

    /// The context to connect with.
    /// - Throws: ``SpecDiagnostic`` that names the file which cannot be used, where none of its kind could be used before.
    func context(for settings: TLSSettings) throws(SpecDiagnostic) -> NIOSSLContext {
        try entry(for: settings).context
    }

    /// What keeps the files as they are now from being used; `nil` for nothing. It is a warning where what was read before is used instead.
    func problem(with settings: TLSSettings) -> SpecDiagnostic? {
        do throws(SpecDiagnostic) {
            guard var problem = try entry(for: settings).problem else { return nil }
            problem.severity = .warning
            problem.message += ", and what was read before stays in use"
            return problem
        } catch {
            return error
        }
    }

    private func entry(for settings: TLSSettings) throws(SpecDiagnostic) -> Entry {
        // The stamps are taken before the files are read: a file that changes in between is read again next time.
        let stamps = [settings.trustCACerts, settings.clientCert, settings.clientKey, settings.clientKeyPassword].map {
            $0.flatMap { Stamp($0.value) }
        }
        let before = entries.withLockedValue { $0[settings] }
        // What could not be used is read again: it may be readable now without having changed.
        if let before, before.stamps == stamps, before.problem == nil { return before }
        let entry: Entry
        do throws(SpecDiagnostic) {
            entry = Entry(stamps: stamps, context: try Self.makeContext(settings), problem: nil)
        } catch {
            guard let before else { throw error }
            entry = Entry(stamps: stamps, context: before.context, problem: error)
        }
        let news = entries.withLockedValue { entries in
            if entries[settings] == nil, entries.count >= Self.maxEntries {
                entries = entries.filter { $0.value.problem != nil }
            }
            let known = entries.updateValue(entry, forKey: settings)
            return entry.problem == known?.problem ? nil : entry.problem
        }
        if let news {
            logger.warning("certificates have changed and cannot be used; those before stay", metadata: ["reason": "\(news)"])
        }
        return entry
    }

    // MARK: - Making one

    private static func makeContext(_ settings: TLSSettings) throws(SpecDiagnostic) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = .fullVerification
        if let roots = settings.trustCACerts {
            configuration.trustRoots = .certificates(try certificates(roots, "trust_cacerts"))
        }
        if let chain = settings.clientCert, let key = settings.clientKey {
            configuration.certificateChain = try certificates(chain, "client_cert").map { .certificate($0) }
            configuration.privateKey = .privateKey(try privateKey(key, password: settings.clientKeyPassword))
        }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw problem(
                settings.clientKey ?? settings.trustCACerts,
                "the certificates and the key cannot be used together: \(error)",
                remedy: "check that client_key is the key of the first certificate in client_cert"
            )
        }
    }

    private static func certificates(_ file: Setting<String>, _ key: String) throws(SpecDiagnostic) -> [NIOSSLCertificate] {
        let bytes = try read(file, key)
        let found: [NIOSSLCertificate]
        do {
            found = try NIOSSLCertificate.fromPEMBytes(bytes)
        } catch {
            found = []
        }
        guard !found.isEmpty else {
            throw problem(
                file,
                "\(key): '\(file.value)' holds no PEM certificate",
                remedy: "name a file that begins with -----BEGIN CERTIFICATE-----"
            )
        }
        return found
    }

    private static func privateKey(_ file: Setting<String>, password: Setting<String>?) throws(SpecDiagnostic) -> NIOSSLPrivateKey {
        let bytes = try read(file, "client_key")
        let isEncrypted = String(decoding: bytes.prefix(4096), as: UTF8.self).contains("ENCRYPTED")
        guard !isEncrypted || password != nil else {
            throw problem(
                file,
                "client_key: '\(file.value)' is encrypted",
                remedy: "add client_key_password, a file that holds its password"
            )
        }
        var secret: [UInt8] = []
        if let password {
            secret = try read(password, "client_key_password")
            // Editors end a file with a newline, which is not part of the password.
            while let last = secret.last, last == 0x0A || last == 0x0D { secret.removeLast() }
            // The library ends the program over any other byte.
            guard secret.allSatisfy({ $0 < 0x80 }) else {
                throw problem(
                    password,
                    "client_key_password: the password in '\(password.value)' has characters outside ASCII, which are not supported",
                    remedy: "give the key a password of ASCII characters"
                )
            }
        }
        do {
            return try NIOSSLPrivateKey(bytes: bytes, format: .pem) { [secret] setter in setter(secret) }
        } catch {
            throw isEncrypted
                ? problem(password, "client_key_password does not open '\(file.value)'", remedy: "write the key's password into the file")
                : problem(
                    file,
                    "client_key: '\(file.value)' holds no PEM private key",
                    remedy: "name a PKCS #8 file that begins with -----BEGIN PRIVATE KEY-----"
                )
        }
    }

    private static func read(_ file: Setting<String>, _ key: String) throws(SpecDiagnostic) -> [UInt8] {
        do throws(FileBytes.Problem) {
            return try FileBytes.read(file.value, atMost: 4 << 20)
        } catch {
            throw problem(file, "\(key): '\(file.value)' cannot be read: \(error)", remedy: "name a PEM file that exists and may be read")
        }
    }

    private static func problem(_ setting: Setting<String>?, _ message: String, remedy: String) -> SpecDiagnostic {
        if case .line(let file, let position)? = setting?.source {
            return SpecDiagnostic(.error, at: position, message, remedy: remedy, file: file)
        }
        return SpecDiagnostic(.error, at: nil, message, remedy: remedy)
    }
}
