import Foundation
import FuzzTargets
import TestSupport
import Testing

/// What fuzzing started from and found, fed in again.
@Suite struct CorpusTests {
    /// The inputs of a target, by their paths from the root of the repository.
    private static func inputs(of target: FuzzTarget) throws -> [String] {
        var folders = ["Tests/FuzzTargets/Corpus/\(target)"]
        if target == .spec {
            folders.append("Tools/conformance/fixtures")
        }
        return try folders.flatMap { folder in
            try FileManager.default.contentsOfDirectory(atPath: RepositoryLayout.path(folder)).sorted().map { "\(folder)/\($0)" }
        }
    }

    @Test("every input of the corpus keeps what the target checks", arguments: FuzzTarget.allCases)
    func replay(target: FuzzTarget) throws {
        let inputs = try Self.inputs(of: target)
        #expect(inputs.count > 20)
        for input in inputs {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: RepositoryLayout.path(input)))
            #expect(throws: Never.self, "\(input)") {
                try bytes.withUnsafeBytes { try target.run($0) }
            }
        }
    }

    @Test("no corpus is left behind by its target")
    func folders() throws {
        for folder in ["Corpus", "Dictionaries"] {
            let found = try FileManager.default.contentsOfDirectory(atPath: RepositoryLayout.path("Tests/FuzzTargets/\(folder)"))
            #expect(Set(found.map { $0.replacing(".dict", with: "") }) == Set(FuzzTarget.allCases.map(\.rawValue)))
        }
    }
}
