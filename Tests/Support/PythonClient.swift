import Foundation

/// An HTTP client that shares no code with this package: Python's own.
public enum PythonClient {
    /// What came back.
    public struct Answer: Sendable, Decodable {
        public let status: Int
        public let contentType: String
        /// The bytes as lower-case hexadecimal digits.
        public let body: String
    }

    /// The call brought no answer.
    public struct CallFailed: Error, CustomStringConvertible {
        /// What Python said.
        public let description: String
    }

    /// Sends bytes as one POST.
    /// - Parameters:
    ///   - url: of any of the four schemes.
    ///   - authority: the certificate that the server's must be signed by.
    ///   - identity: what to show to a server that asks for a certificate.
    /// - Throws: ``CallFailed``, ``MissingTestTool`` where Python has not been installed.
    public static func post(
        _ body: [UInt8],
        to url: String,
        authority: String? = nil,
        identity: TestCertificates.Identity? = nil
    ) async throws -> Answer {
        var arguments = [RepositoryLayout.path("Tests/Support/functions/post.py"), url]
        if let authority {
            arguments += ["--authority", authority]
        }
        if let identity {
            arguments += ["--certificate", identity.certificate, "--key", identity.key]
        }
        let outcome = try await ChildProcess.run(try RepositoryLayout.python(), arguments, input: Data(body))
        guard outcome.status == 0 else { throw CallFailed(description: outcome.errors) }
        return try JSONDecoder().decode(Answer.self, from: Data(outcome.output.utf8))
    }
}
