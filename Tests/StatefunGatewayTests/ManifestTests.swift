import TestSupport
import Testing

/// The manifests of the documentation are what a cluster would take, and hold what the program prints.
@Suite struct ManifestTests {
    private let manifest = RepositoryLayout.path("Documentation/Flink/taskmanager.yaml")

    @Test("every object fits the schema of Kubernetes")
    func schema() async throws {
        let outcome = try await ChildProcess.run(
            try RepositoryLayout.python(),
            ["-m", "kubernetes_validate", "--strict", manifest]
        )
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    }

    @Test("the module for Flink is the one that the gateway prints for its own")
    func modules() async throws {
        let folder = try TemporaryDirectory()
        let script = """
            import sys, yaml
            for document in yaml.safe_load_all(open(sys.argv[1])):
                for name, text in document.get("data", {}).items():
                    open(sys.argv[2] + "/" + name, "w").write(text)
            """
        let unpacked = try await ChildProcess.run(try RepositoryLayout.python(), ["-c", script, manifest, folder.path])
        try #require(unpacked.status == 0, "\(unpacked.errors)")
        let printed = try await ChildProcess.run(
            "\(RepositoryLayout.products)/statefun",
            ["gateway", "gateway.yaml", "--listen", "unix:/run/statefun/gateway.sock", "--print-module"],
            directory: folder.path
        )
        #expect(printed.status == 0)
        let expected = try await ChildProcess.run("/bin/cat", ["module.yaml"], directory: folder.path)
        #expect(printed.output == expected.output)
    }
}
