# Makes the data sets of examples/data from those that Debian's packages python3-sklearn and r-cran-mlbench hold.
# Numbers are copied as they are written there.
#
#     Rscript scripts/datasets.R

from <- "/usr/lib/python3/dist-packages/sklearn/datasets/data/"
save <- function(name, columns, rows) writeLines(c(paste(columns, collapse = ","), rows), file.path("examples/data", name))

measures <- c(
  "radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "concave points", "symmetry",
  "fractal dimension"
)
lines <- readLines(paste0(from, "breast_cancer.csv"))[-1] # the first counts rows and columns, and names the classes
diagnosis <- ifelse(endsWith(lines, ",0"), "malignant", "benign")
columns <- c(paste("mean", measures), paste(measures, "error"), paste("worst", measures), "diagnosis")
save("breast-cancer.csv", columns, paste0(sub(",[01]$", ",", lines), diagnosis))

rows <- gsub(" ", ",", readLines(gzfile(paste0(from, "diabetes_data_raw.csv.gz"))))
progression <- as.integer(readLines(gzfile(paste0(from, "diabetes_target.csv.gz"))))
columns <- c("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6", "progression")
save("diabetes.csv", columns, paste(rows, progression, sep = ","))

# mlbench leaves out the second of the ten log area ratios: 1 of 0 ... 9.
data("Vowel", package = "mlbench")
ratios <- paste0("ratio", c(0, 2:9))
rows <- do.call(paste, c(Vowel, sep = ","))
save("vowel.csv", c("speaker", ratios, "vowel"), rows)
