# PyTorch, eager.
import numpy as np
import torch


class Product:
    def __init__(self, A, B):
        self.A, self.B = torch.from_numpy(A), torch.from_numpy(B)

    def run(self):
        return torch.matmul(self.A, self.B)

    def result(self):
        return self.run().numpy()


class Infer:
    def __init__(self, model, x):
        self.model, self.x = model.eval(), torch.from_numpy(x)

    @torch.inference_mode()
    def run(self):
        return self.model(self.x).numpy()

    result = run


class Step:
    def __init__(self, model, optimizer, loss, x, target):
        self.model, self.optimizer, self.loss, self.x, self.target = model, optimizer, loss, x, target

    def run(self):
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss(self.model(self.x), self.target)
        loss.backward()
        self.optimizer.step()
        return loss

    def result(self):
        return self.run().item()


class Epochs:
    def __init__(self, model, optimizer, digits):
        self.model, self.optimizer = model, optimizer
        self.digits = {name: torch.from_numpy(array) for name, array in digits.items()}

    def run(self):
        x, y = self.digits["train_x"], self.digits["train_y"]
        self.model.train()
        for rows in torch.randperm(len(x)).split(128):
            self.optimizer.zero_grad(set_to_none=True)
            torch.nn.functional.cross_entropy(self.model(x[rows]), y[rows]).backward()
            self.optimizer.step()

    @torch.inference_mode()
    def accuracy(self):
        return (self.model(self.digits["test_x"]).argmax(1) == self.digits["test_y"]).float().mean().item()


class Adapter:
    package = "torch"
    version = torch.__version__

    def __init__(self, options):
        torch.set_num_threads(options["threads"])
        torch.manual_seed(1)
        self.fused = options.get("fused", False)

    def product(self, inputs):
        return Product(inputs["A"], inputs["B"])

    def infer(self, inputs):
        return Infer(self.model(inputs), inputs["x"])

    def step(self, inputs, lr):
        model = self.model(inputs)
        mse = inputs["loss"] == "mse"
        loss = torch.nn.MSELoss() if mse else torch.nn.CrossEntropyLoss()
        target = torch.from_numpy(inputs["target" if mse else "labels"])
        return Step(model, self.adam(model, lr), loss, torch.from_numpy(inputs["x"]), target)

    def epoch(self, inputs, digits, lr):
        model = self.model(inputs)
        return Epochs(model, self.adam(model, lr), digits)

    def adam(self, model, lr):
        return torch.optim.Adam(model.parameters(), lr=lr, fused=True if self.fused else None)

    def model(self, inputs):
        modules = []
        for W, b in inputs["layers"]:
            linear = torch.nn.Linear(*W.shape)
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(np.ascontiguousarray(W.T)))
                linear.bias.copy_(torch.from_numpy(b))
            modules += [torch.nn.ReLU(), linear] if modules else [linear]
        return torch.nn.Sequential(*modules)
