using System.Net;
using Orchestrator.EndToEnd.Tests.Cluster;
using Orchestrator.EndToEnd.Tests.Machine;

namespace Orchestrator.EndToEnd.Tests;

/// <summary>The commands that people use, by the real kubectl.</summary>
[Collection(Collections.Users)]
public sealed class KubectlTests(RunningCluster cluster) : ClusterTest(cluster)
{
    private const string ConfigMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {colour: blue}\n";

    private const string Pod =
        """
        apiVersion: v1
        kind: Pod
        metadata:
          name: shell
          labels: {app: shell}
        spec:
          terminationGracePeriodSeconds: 1
          containers:
          - name: main
            image: orchestrator.local/busybox:1
            command: ["sh", "-c", "echo started; trap 'exit 0' TERM; while :; do sleep 1 & wait $!; echo tick; done"]
          - name: side
            image: orchestrator.local/busybox:1
            command: ["sleep", "100000"]
        """;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Apply_creates_configures_and_leaves_unchanged(bool serverSide)
    {
        var space = await NewNamespaceAsync(serverSide ? "apply-server" : "apply-client");
        string[] apply = serverSide ? ["apply", "--server-side", "-f", "-"] : ["apply", "-f", "-"];

        Assert.Equal(serverSide ? "configmap/settings serverside-applied" : "configmap/settings created", (await space.Kubectl.RunWithAsync(ConfigMap, apply)).Succeeded());
        var version = await space.Kubectl.PathAsync("configmap/settings", "{.metadata.resourceVersion}");
        Assert.Equal(serverSide ? "configmap/settings serverside-applied" : "configmap/settings unchanged", (await space.Kubectl.RunWithAsync(ConfigMap, apply)).Succeeded());
        Assert.Equal(version, await space.Kubectl.PathAsync("configmap/settings", "{.metadata.resourceVersion}"));

        // One key leaves, one comes: what was applied before and is absent now goes away.
        (await space.Kubectl.RunWithAsync(ConfigMap.Replace("colour: blue", "shape: round", StringComparison.Ordinal), apply)).Succeeded();
        Assert.Equal("""{"shape":"round"}""", await space.Kubectl.PathAsync("configmap/settings", "{.data}"));
    }

    [Fact]
    public async Task Diff_tells_what_apply_would_change()
    {
        var space = await NewNamespaceAsync("diff");
        await space.Kubectl.ApplyAsync(ConfigMap);

        Assert.Equal(0, (await space.Kubectl.RunWithAsync(ConfigMap, "diff", "-f", "-")).ExitCode);
        var diff = await space.Kubectl.RunWithAsync(ConfigMap.Replace("blue", "red", StringComparison.Ordinal), "diff", "-f", "-");
        Assert.Equal(1, diff.ExitCode);
        Assert.Contains("-  colour: blue", diff.Output, StringComparison.Ordinal);
        Assert.Contains("+  colour: red", diff.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_prints_tables_yaml_json_and_paths()
    {
        var space = await NewNamespaceAsync("get");
        var web = await space.DeployWebAsync("web", replicas: 1);

        Assert.Matches(@"^NAME +READY +STATUS +RESTARTS +AGE +IP +NODE +NOMINATED NODE +READINESS GATES\nweb-\S+ +1/1 +Running +0 +\S+ +\S+ +one +<none> +<none>$", await space.Kubectl.DoAsync("get", "pods", "-o", "wide"));
        Assert.Matches(@"^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +1/1 +1 +1 +\S+$", await space.Kubectl.DoAsync("get", "deployments"));
        Assert.Matches($@"^NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE\nweb +ClusterIP +{web.Address} +<none> +80/TCP +\S+$", await space.Kubectl.DoAsync("get", "svc"));
        Assert.Matches(@"^NAME +STATUS +ROLES +AGE +VERSION\none +Ready +\S+ +\S+ +v1\.36", await space.Kubectl.DoAsync("get", "node", "one"));
        Assert.Contains("kind: Deployment", await space.Kubectl.DoAsync("get", "deployment", "web", "-o", "yaml"), StringComparison.Ordinal);
        Assert.Contains("\"kind\": \"List\"", await space.Kubectl.DoAsync("get", "pods,services", "-o", "json"), StringComparison.Ordinal);
        Assert.Equal("web", await space.Kubectl.DoAsync("get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].metadata.labels.app}"));
        Assert.Equal("", await space.Kubectl.DoAsync("get", "pods", "--field-selector=status.phase!=Running", "-o", "name"));
        Assert.Contains("web-", await space.Kubectl.DoAsync("get", "all"), StringComparison.Ordinal);
        Assert.Equal("Error from server (NotFound): pods \"absent\" not found", (await space.Kubectl.RunAsync("get", "pod", "absent")).Failed());
    }

    [Fact]
    public async Task Describe_and_events_tell_the_story_of_a_pod()
    {
        var space = await NewNamespaceAsync("describe");
        await space.DeployWebAsync("web", replicas: 1);

        var pod = await space.Kubectl.DoAsync("describe", "pods");
        foreach (var word in (string[])["Controlled By:  ReplicaSet/web-", "State:          Running", "Ready             True", "Scheduled", "Pulled", "Created", "Started"])
        {
            Assert.Contains(word, pod, StringComparison.Ordinal);
        }

        Assert.Contains("ScalingReplicaSet", await space.Kubectl.DoAsync("describe", "deployment", "web"), StringComparison.Ordinal);
        Assert.Contains("Endpoints:", await space.Kubectl.DoAsync("describe", "service", "web"), StringComparison.Ordinal);
        Assert.Contains("Allocated resources:", await space.Kubectl.DoAsync("describe", "node", "one"), StringComparison.Ordinal);
        Assert.Contains("SuccessfulCreate", await space.Kubectl.DoAsync("get", "events"), StringComparison.Ordinal);
        Assert.Contains("SuccessfulCreate", await space.Kubectl.DoAsync("events"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Label_annotate_scale_edit_and_patch_change_an_object()
    {
        var space = await NewNamespaceAsync("change");
        await space.DeployWebAsync("web", replicas: 1);

        Assert.Equal("deployment.apps/web labeled", await space.Kubectl.DoAsync("label", "deployment", "web", "tier=front"));
        Assert.Contains("already has a value", (await space.Kubectl.RunAsync("label", "deployment", "web", "tier=back")).Failed(), StringComparison.Ordinal);
        Assert.Equal("deployment.apps/web annotated", await space.Kubectl.DoAsync("annotate", "deployment", "web", "note=hello"));
        Assert.Equal("front hello", await space.Kubectl.PathAsync("deployment/web", "{.metadata.labels.tier} {.metadata.annotations.note}"));

        Assert.Equal("deployment.apps/web scaled", await space.Kubectl.DoAsync("scale", "deployment", "web", "--replicas=2"));
        await space.Kubectl.DoAsync("wait", "deployment/web", "--for=jsonpath={.status.readyReplicas}=2", "--timeout=120s");

        var edit = space.Kubectl.Start("edit", "deployment", "web");
        edit.Environment["KUBE_EDITOR"] = "sed -i s/hello/goodbye/";
        Assert.Equal("deployment.apps/web edited", (await Programs.RunAsync(edit, input: null)).Succeeded());
        Assert.Equal("goodbye", await space.Kubectl.PathAsync("deployment/web", "{.metadata.annotations.note}"));

        foreach (var (type, patch) in ((string, string)[])[
            ("strategic", """{"metadata":{"labels":{"by":"strategic"}}}"""),
            ("merge", """{"metadata":{"labels":{"by":"merge"}}}"""),
            ("json", """[{"op":"replace","path":"/metadata/labels/by","value":"json"}]""")])
        {
            await space.Kubectl.DoAsync("patch", "deployment", "web", "--type=" + type, "-p", patch);
            Assert.Equal(type, await space.Kubectl.PathAsync("deployment/web", "{.metadata.labels.by}"));
        }
    }

    [Fact]
    public async Task Logs_are_read_followed_and_selected_by_container()
    {
        var space = await NewNamespaceAsync("logs");
        await space.Kubectl.ApplyAsync(Pod);
        await space.Kubectl.DoAsync("wait", "pod/shell", "--for=condition=Ready", "--timeout=120s");

        Assert.StartsWith("started", await space.Kubectl.DoAsync("logs", "shell", "-c", "main"), StringComparison.Ordinal);
        Assert.Equal("", await space.Kubectl.DoAsync("logs", "shell", "-c", "side"));
        Assert.Contains("[pod/shell/main] started", await space.Kubectl.DoAsync("logs", "-l", "app=shell", "--all-containers", "--prefix", "--tail=-1"), StringComparison.Ordinal);

        using var follow = space.Kubectl.StartInBackground("logs", "-f", "shell", "-c", "main");
        try
        {
            using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            Assert.Equal("started", await follow.StandardOutput.ReadLineAsync(timeout.Token));
            for (var ticks = 0; ticks < 3; ticks++)
            {
                Assert.Equal("tick", await follow.StandardOutput.ReadLineAsync(timeout.Token));
            }

            // The end of the pod ends the stream.
            await space.Kubectl.DoAsync("delete", "pod", "shell", "--timeout=60s");
            await follow.StandardOutput.ReadToEndAsync(timeout.Token);
            await follow.WaitForExitAsync(timeout.Token);
        }
        finally
        {
            follow.Kill();
        }
    }

    [Fact]
    public async Task Exec_runs_programs_with_input_terminal_and_exit_code()
    {
        var space = await NewNamespaceAsync("exec");
        await space.Kubectl.ApplyAsync(Pod);
        await space.Kubectl.DoAsync("wait", "pod/shell", "--for=condition=Ready", "--timeout=120s");

        Assert.Equal("shell", await space.Kubectl.DoAsync("exec", "shell", "-c", "main", "--", "hostname"));
        Assert.Equal("TELL", (await space.Kubectl.RunWithAsync("tell", "exec", "-i", "shell", "-c", "side", "--", "tr", "a-z", "A-Z")).Succeeded());
        Assert.Equal(7, (await space.Kubectl.RunAsync("exec", "shell", "-c", "main", "--", "sh", "-c", "echo no >&2; exit 7")).ExitCode);

        // `script` lends kubectl a terminal; the program on the other end sees one, too, and of the same size.
        var terminal = space.Kubectl.Start("exec", "-it", "shell", "-c", "main", "--", "sh", "-c",
            // The size is told to a process that runs already; until then stty has nothing to say.
            "tty; for i in $(seq 400); do size=$(stty size 2>/dev/null); [ -n \"$size\" ] && break; usleep 50000; done; echo $size");
        var command = string.Join(' ', terminal.ArgumentList.Prepend(terminal.FileName).Select(argument => $"'{argument}'"));
        terminal.FileName = "script";
        terminal.ArgumentList.Clear();
        foreach (var argument in (string[])["-q", "-e", "-c", "stty rows 33 cols 70; " + command, "/dev/null"])
        {
            terminal.ArgumentList.Add(argument);
        }

        // Its input stays open: a terminal whose input ends hangs up, and takes with it what the program says last.
        (terminal.RedirectStandardInput, terminal.RedirectStandardOutput) = (true, true);
        using var process = System.Diagnostics.Process.Start(terminal)!;
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        string answer;
        try
        {
            answer = await process.StandardOutput.ReadToEndAsync(timeout.Token);
            await process.WaitForExitAsync(timeout.Token);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }

        Assert.Equal(0, process.ExitCode);
        Assert.Contains("/dev/pts/", answer, StringComparison.Ordinal);
        Assert.Contains("33 70", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Copy_moves_files_in_and_out()
    {
        var space = await NewNamespaceAsync("copy");
        await space.Kubectl.ApplyAsync(Pod);
        await space.Kubectl.DoAsync("wait", "pod/shell", "--for=condition=Ready", "--timeout=120s");
        var file = Path.Combine(Cluster.DataDirectory, "copied");
        await File.WriteAllTextAsync(file, "contents");

        await space.Kubectl.DoAsync("cp", file, "shell:/tmp/copied", "-c", "main");
        Assert.Equal("contents", await space.Kubectl.DoAsync("exec", "shell", "-c", "main", "--", "cat", "/tmp/copied"));
        await space.Kubectl.DoAsync("cp", "shell:/tmp/copied", file + ".back", "-c", "main");
        Assert.Equal("contents", await File.ReadAllTextAsync(file + ".back"));
    }

    [Theory]
    [InlineData("deployment/web", "8080")]
    [InlineData("service/web", "80")]
    public async Task Port_forward_reaches_a_pod(string target, string remotePort)
    {
        var space = await NewNamespaceAsync("forward-" + target.Split('/')[0]);
        await space.DeployWebAsync("web", replicas: 1);
        using var forward = space.Kubectl.StartInBackground("port-forward", target, ":" + remotePort);
        try
        {
            using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            // "Forwarding from 127.0.0.1:41234 -> 8080"
            var line = await forward.StandardOutput.ReadLineAsync(timeout.Token) ?? await forward.StandardError.ReadToEndAsync(timeout.Token);
            var endPoint = IPEndPoint.Parse(line.Split(' ')[2]);

            using var client = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero, UseProxy = false });
            for (var request = 0; request < 3; request++)
            {
                Assert.StartsWith("version 1 web-", await client.GetStringAsync(new Uri($"http://{endPoint}/"), timeout.Token), StringComparison.Ordinal);
            }
        }
        finally
        {
            forward.Kill();
        }
    }

    [Fact]
    public async Task Explain_and_api_resources_describe_the_API()
    {
        var deployment = await Cluster.Kubectl.DoAsync("explain", "deployment.spec.strategy");
        Assert.Contains("KIND:       Deployment", deployment, StringComparison.Ordinal);
        Assert.Contains("rollingUpdate\t<RollingUpdateDeployment>", deployment, StringComparison.Ordinal);
        Assert.Contains("maxSurge", await Cluster.Kubectl.DoAsync("explain", "deployment", "--recursive"), StringComparison.Ordinal);

        var resources = await Cluster.Kubectl.DoAsync("api-resources");
        foreach (var row in (string[])[@"^pods +po +v1 +true +Pod$", @"^deployments +deploy +apps/v1 +true +Deployment$", @"^nodes +no +v1 +false +Node$", @"^leases +coordination.k8s.io/v1 +true +Lease$"])
        {
            Assert.Contains(resources.Split('\n'), line => System.Text.RegularExpressions.Regex.IsMatch(line, row));
        }

        Assert.Contains("apps/v1", (await Cluster.Kubectl.DoAsync("api-versions")).Split('\n'));
        Assert.Contains("Server Version: v1.36", await Cluster.Kubectl.DoAsync("version"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Auth_can_i_answers_for_oneself_and_for_others()
    {
        Assert.Equal("yes", await Cluster.Kubectl.DoAsync("auth", "can-i", "create", "deployments"));
        Assert.Equal("no", (await Cluster.Kubectl.RunAsync("auth", "can-i", "create", "deployments", "--as=system:serviceaccount:default:default")).Output.TrimEnd());
        // An agent reads its own node and no other.
        Assert.Equal("yes", await Cluster.Kubectl.DoAsync("auth", "can-i", "get", "nodes/one", "--as=system:node:one", "--as-group=system:nodes"));
        Assert.StartsWith("no", (await Cluster.Kubectl.RunAsync("auth", "can-i", "get", "nodes", "--as=system:node:one", "--as-group=system:nodes")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Delete_takes_what_an_object_owned_with_it()
    {
        var space = await NewNamespaceAsync("cascade");
        await space.DeployWebAsync("web", replicas: 1);

        Assert.Equal("deployment.apps \"web\" deleted", (await space.Kubectl.DoAsync("delete", "deployment", "web", "--cascade=foreground", "--timeout=120s")).Replace($" from {space.Name} namespace", "", StringComparison.Ordinal));
        Assert.Equal("", await space.Kubectl.DoAsync("get", "replicasets,pods", "-o", "name"));

        await space.DeployWebAsync("again", replicas: 1);
        Assert.StartsWith($"namespace \"{space.Name}\" deleted", await Cluster.Kubectl.DoAsync("delete", "namespace", space.Name, "--timeout=120s"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Impossible_objects_are_refused_with_the_field_and_change_nothing()
    {
        var space = await NewNamespaceAsync("refused");

        Assert.Contains("error parsing", (await space.Kubectl.RunWithAsync("a: [", "apply", "-f", "-")).Failed(), StringComparison.Ordinal);
        Assert.Contains("no matches for kind \"Thing\" in version \"v1\"", (await space.Kubectl.RunWithAsync("apiVersion: v1\nkind: Thing\nmetadata: {name: a}\n", "apply", "-f", "-")).Failed(), StringComparison.Ordinal);
        Assert.Contains("unknown field \"dat\"", (await space.Kubectl.RunWithAsync(ConfigMap.Replace("\ndata:", "\ndat:", StringComparison.Ordinal), "apply", "-f", "-")).Failed(), StringComparison.Ordinal);
        Assert.Contains("metadata.name: Invalid value: \"Settings\"", (await space.Kubectl.RunWithAsync(ConfigMap.Replace("settings", "Settings", StringComparison.Ordinal), "apply", "-f", "-")).Failed(), StringComparison.Ordinal);
        Assert.Equal("configmap/kube-root-ca.crt", await space.Kubectl.DoAsync("get", "configmaps", "-o", "name"));
    }
}
