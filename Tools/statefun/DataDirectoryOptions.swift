import ArgumentParser
import LocalRuntime
import RuntimeCore
import SQLiteStateStore

/// Where a runtime keeps its data.
struct DataDirectoryOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Where the data lives.", discussion: "By default .statefun beside the module file.", valueName: "folder"),
        completion: .directory
    )
    var dataDir: String?

    /// The folder, for a module file.
    func path(for module: String) -> String {
        if let dataDir { return dataDir }
        let folder = module.lastIndex(of: "/").map { String(module[...$0]) } ?? ""
        return folder + ".statefun"
    }
}
